// SPDX-License-Identifier: GPL-3.0-or-later
/* login.js - asks for the token; the address stays, so that a link leads on after the log-in */
import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { get } from '../lib/api.js';
import { Failure } from '../parts/basics.js';
import { Logo } from '../parts/icons.js';
import { ThemeButton } from '../parts/shell.js';

export function LoginView({ refusal, login }) {
  const [value, setValue] = useState('');
  const [shown, setShown] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(refusal);
  const secret = value.trim();

  const submit = async (event) => {
    event.preventDefault();
    if (!/^[\x21-\x7e]+$/.test(secret)) {
      setError({ title: 'That is no token', message: 'A token is one word of the form id.secret. Copy the whole line.' });
      return;
    }
    setBusy(true);
    setError(null);
    try {
      await get('/status', { token: secret });
      login(secret);
    } catch (failure) {
      setError(failure.status === 401 ? { title: 'This token is not known',
        message: 'It may be cut short, expired or revoked. Copy it again from its file.' } : failure);
      setBusy(false);
    }
  };

  return html`
    <main class="login" id="main">
      <div class="login-theme"><${ThemeButton} /></div>
      <form class="card login-card" onSubmit=${submit}>
        <div class="login-brand"><${Logo} /><h1>Talaya</h1></div>
        <p class="lead">Watches how your network normally behaves, and says when it stops.</p>
        ${error && html`<${Failure} error=${error} />`}
        <label for="token">Access token</label>
        <div class="with-button">
          <input id="token" name="token" type=${shown ? 'text' : 'password'} value=${value} required autofocus
            autocomplete="off" autocapitalize="off" spellcheck="false" class="mono" aria-describedby="token-help"
            onInput=${(event) => setValue(event.target.value)} />
          <button type="button" aria-pressed=${shown} onClick=${() => setShown(!shown)}>${shown ? 'Hide' : 'Show'}</button>
        </div>
        <button type="submit" class="primary" disabled=${busy || !secret}>${busy ? 'Checking\u2026' : 'Log in'}</button>
        <p class="note" id="token-help">The daemon's first start writes a token to the file <code>admin-token</code> in its
          state directory, readable by its user only, and says so in its log; <code>talaya token</code> makes others. Here it is kept in this tab, and is gone
          when the tab is closed.</p>
      </form>
    </main>`;
}
