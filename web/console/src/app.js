// SPDX-License-Identifier: GPL-3.0-or-later
/* app.js - starts the console: log-in, what all views share, and which view the address asks for */
import { Component, render } from 'preact';
import { html } from 'htm/preact';
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import { setToken, token } from './lib/api.js';
import { parseTime } from './lib/format.js';
import { App, useApi, useApp, useTheme } from './lib/hooks.js';
import { useRoute } from './lib/router.js';
import { Empty, Failure, Page } from './parts/basics.js';
import { Shell } from './parts/shell.js';
import { useToasts } from './parts/toasts.js';
import { AlertView } from './views/alert.js';
import { AlertsView } from './views/alerts.js';
import { AssetView } from './views/asset.js';
import { AssetsView } from './views/assets.js';
import { ExporterView } from './views/exporter.js';
import { ExportersView } from './views/exporters.js';
import { LoginView } from './views/login.js';
import { LookupView } from './views/lookup.js';
import { OverviewView } from './views/overview.js';
import { SuppressionsView } from './views/suppressions.js';

const Lost = () => html`
  <${Page} title="Nothing here"><${Empty} title="This address leads nowhere.">
    <p><a href="#/">Go to the overview</a></p><//><//>`;

/* first part of the address -> [list view, view of one, title] */
const ROUTES = {
  '': [OverviewView, null, 'Overview'],
  alerts: [AlertsView, AlertView, 'Alerts'],
  assets: [AssetsView, AssetView, 'Assets'],
  exporters: [ExportersView, ExporterView, 'Exporters'],
  lookup: [LookupView, null, 'Look-up'],
  suppressions: [SuppressionsView, null, 'Suppressions'],
};

const DAY_MS = 86400e3;

/* Flow time runs apart from the wall clock in a replay or a demo: then ages are told from flow time. */
function flowNow(status, wallNow) {
  const flow = parseTime(status?.flowTime);
  return flow && Math.abs(wallNow - flow) > DAY_MS / 24 ? flow : wallNow;
}

/* A view that fails is told, with its reason, inside the frame; another address is another try. */
class Guard extends Component {
  componentDidCatch(error) {
    console.error(error);
    this.setState({ error });
  }

  render({ children }, { error }) {
    return error ? html`<${Page} title="This view failed"><${Failure} error=${{ title: 'The console has a fault here', message: String(error.message ?? error),
      help: 'The other views still work. Please report it with this sentence.' }} /><//>` : children;
  }
}

function Inside({ route }) {
  const app = useApp();
  const status = useApi('/status', 2000);
  const wallNow = parseTime(status.data?.time) ?? new Date();
  const shared = { ...app, status: status.data, statusError: status.error, statusAt: status.at, wallNow,
    flowNow: flowNow(status.data, wallNow) };
  const [first = '', id] = route.parts;
  const [list, one, title] = Object.hasOwn(ROUTES, first) ? ROUTES[first] : [Lost, Lost, 'Nothing here'];
  const View = id && one ? one : list;
  const place = `${first}/${id ?? ''}`;

  useEffect(() => {
    document.title = `${id ? `${id} \u2013 ` : ''}${title} \u2013 Talaya`;
    scrollTo(0, 0);
    document.querySelector('h1')?.focus({ preventScroll: true });
  }, [place]);
  return html`
    <${App.Provider} value=${shared}>
      <${Shell} current=${first}><${Guard} key=${place}><${View} id=${id} query=${route.query} /><//><//>
    <//>`;
}

function Main() {
  const route = useRoute();
  const [choice, setChoice, theme] = useTheme();
  const [secret, setSecret] = useState(token);
  const [refusal, setRefusal] = useState(null);
  const [notify, toasts] = useToasts();

  const login = useCallback((value) => {
    setToken(value);
    setRefusal(null);
    setSecret(value);
  }, []);
  const leave = useCallback((error = null) => {
    setToken(null);
    setRefusal(error);
    setSecret(null);
  }, []);
  const refuse = useCallback((error) => { if (error.status === 401) leave(error); }, []);
  const app = useMemo(() => ({ theme, choice, setChoice, notify, refuse, leave }), [theme, choice, notify]);

  return html`
    <${App.Provider} value=${app}>
      ${secret ? html`<${Inside} route=${route} />` : html`<${LoginView} refusal=${refusal} login=${login} />`}
      ${toasts}
    <//>`;
}

render(html`<${Main} />`, document.getElementById('app'));
