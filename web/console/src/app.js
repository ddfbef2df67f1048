// SPDX-License-Identifier: GPL-3.0-or-later
/* app.js - starts the console */
import { render } from 'preact';
import { html } from 'htm/preact';

render(html`<main><h1>Talaya</h1></main>`, document.getElementById('app'));
