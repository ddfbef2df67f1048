// SPDX-License-Identifier: GPL-3.0-or-later
/* alerts.js - the list of alerts: filters in the address, decisions by one key */
import { html } from 'htm/preact';
import { useRef, useState } from 'preact/hooks';
import { get, withQuery } from '../lib/api.js';
import { useApp, useKeys } from '../lib/hooks.js';
import { usePages } from '../lib/pages.js';
import { go, link } from '../lib/router.js';
import { DECISIONS, decide, decideAll } from '../lib/triage.js';
import { ACCESS_CLASSES, classWord, kindWord, OPEN_STATES, stateWord } from '../lib/words.js';
import { AlertRow } from '../parts/alert-row.js';
import { Choices, Empty, Failure, Loading, Page } from '../parts/basics.js';
import { KeysHelp } from '../parts/keys-help.js';
import { causeWords } from '../parts/similar.js';
import { plural, whole } from '../lib/format.js';

const PAGE = 50;
const MEMBERS = 500; /* of a group, at most */
const STATES = [['open', 'Open'], ['new', 'New'], ['in_progress', 'In progress'], ['suppressed', 'Suppressed'],
  ['resolved', 'Resolved'], ['archived', 'Archived'], ['all', 'All']];

const NONE_WORDS = { open: 'No alert is open.', new: 'No alert is new.', all: 'There has been no alert yet.' };

function readFilters(query) {
  const state = STATES.some(([name]) => name === query.get('state')) ? query.get('state') : 'open';
  return { state, class: query.get('class') ?? '', text: query.get('text') ?? '', asset: query.get('asset') ?? '',
    sort: query.get('sort') === 'score' ? 'score' : 'time', group: query.get('group') ?? '', single: query.get('single') ?? '' };
}

/* One line for each group, unless one group is looked at, or single alerts are wanted. */
const toApi = ({ state, class: peerClass, asset, sort, group, single }, cursor, limit = PAGE) => withQuery('/alerts', {
  state: state === 'open' ? OPEN_STATES : state === 'all' ? '' : state, class: peerClass, asset, sort, group,
  fold: group || single ? '' : 'group', limit, cursor });

/* [groups that are open: {id: members}, toggle(alert), changed(alert)]. They close when the filter changes. */
function useGroups(filters, path) {
  const [groups, setGroups] = useState({ path, of: {} });
  const { notify, refuse } = useApp();
  const of = groups.path === path ? groups.of : {};

  const membersOf = async ({ group }) => (await get(toApi({ ...filters, group }, null, MEMBERS))).items;
  const toggle = async (alert) => {
    if (of[alert.group]) {
      setGroups({ path, of: { ...of, [alert.group]: undefined } });
      return;
    }
    try {
      const members = await membersOf(alert);
      setGroups({ path, of: { ...of, [alert.group]: members.filter(({ id }) => id !== alert.id) } });
    } catch (error) {
      refuse(error);
      notify({ text: `Could not open the group. ${error.message}`, bad: true });
    }
  };
  const changed = (alert) => setGroups((old) => (old.of[alert.group] ? { ...old,
    of: { ...old.of, [alert.group]: old.of[alert.group].map((each) => (each.id === alert.id ? { ...each, ...alert } : each)) } } : old));
  return { of, toggle, changed, membersOf };
}

function GroupLine({ alert, members, toggle }) {
  const others = alert.groupSize - 1;
  return html`
    <p class="group-line"><button type="button" aria-expanded=${members ? 'true' : 'false'} onClick=${() => toggle(alert)}>
      ${members ? 'Close' : plural(others, 'more alert')}</button>
      <span class="muted"> of the same day and kind, ${causeWords(alert)}${alert.groupAssets > 1 ? `; ${plural(alert.groupAssets, 'asset')} in all` : ''}</span></p>`;
}

/* What the text filter looks at; it works on the rows that are loaded. */
const haystack = (alert) => [alert.asset, alert.assetName, alert.assetRole, alert.peer, alert.peerAsName, alert.peerClass,
  alert.kind, kindWord(alert.kind), alert.summary, alert.id].join(' ').toLowerCase();

function Filters({ filters, set, counts }) {
  const known = { ...counts, open: (counts?.new ?? 0) + (counts?.in_progress ?? 0) };
  const choices = STATES.map(([name, text]) => [name, html`${text}${known[name] > 0 && html` <span class="num muted">${whole(known[name])}</span>`}`]);
  return html`
    <div class="filters" role="search" aria-label="Filter alerts">
      <${Choices} label="State" value=${filters.state} choices=${choices} onChange=${(state) => set({ state })} />
      <div class="filter-fields">
        <label><span>Far end</span>
          <select value=${filters.class} onChange=${(event) => set({ class: event.target.value })}>
            <option value="">any network</option>
            ${ACCESS_CLASSES.map((name) => html`<option key=${name} value=${name}>${classWord(name)}</option>`)}
          </select></label>
        <label><span>Order</span>
          <select value=${filters.sort} onChange=${(event) => set({ sort: event.target.value })}>
            <option value="time">newest first</option><option value="score">highest score first</option>
          </select></label>
        <label><span>Lines</span>
          <select value=${filters.single} onChange=${(event) => set({ single: event.target.value })}>
            <option value="">one for each cause</option><option value="1">one for each alert</option>
          </select></label>
        <label class="grow"><span>Text, in what is loaded</span>
          <input type="search" id="alert-text" value=${filters.text} placeholder="asset, address, words" spellcheck="false"
            onInput=${(event) => set({ text: event.target.value })} /></label>
      </div>
      ${filters.group && html`<p class="note">Only of one group. <button type="button" class="linkish" onClick=${() => set({ group: '' })}>Show all alerts</button></p>`}
      ${filters.asset && html`<p class="note">Only of the asset <span class="mono">${filters.asset}</span>. <button type="button"
        class="linkish" onClick=${() => set({ asset: '' })}>Show all assets</button></p>`}
    </div>`;
}

export function AlertsView({ query }) {
  const app = useApp();
  const filters = readFilters(query);
  const path = toApi(filters);
  const pages = usePages(path, (cursor) => toApi(filters, cursor));
  const [help, setHelp] = useState(false);
  const [currentId, setCurrent] = useState(null); /* an id, not a place: rows move when an alert comes in */
  const list = useRef(null);
  const needle = filters.text.trim().toLowerCase();
  const heads = pages.items.filter((alert) => !needle || haystack(alert).includes(needle));
  const groups = useGroups(filters, path);
  const rows = heads.flatMap((head) => [head, ...(head.groupSize > 1 && groups.of[head.group]) || []]);
  const current = rows.findIndex(({ id }) => id === currentId);

  const set = (change) => {
    const now = { ...filters, ...change };
    go(link('alerts', { ...now, state: now.state === 'open' ? '' : now.state, sort: now.sort === 'time' ? '' : now.sort }), true);
  };
  const move = (step) => {
    const links = [...list.current?.querySelectorAll('[data-alert]') ?? []];
    const to = current < 0 ? 0 : links.includes(document.activeElement) ? Math.max(0, Math.min(rows.length - 1, current + step)) : current;
    links[to]?.focus();
    links[to]?.closest('li').scrollIntoView({ block: 'nearest' });
  };
  const act = (key) => {
    const alert = rows[current];
    if (!alert) {
      app.notify({ text: 'Choose an alert first: j and k move.' });
      return;
    }
    const show = (changed) => {
      if (heads.some(({ id }) => id === changed.id))
        pages.show({ ...alert, ...changed, groupSize: alert.groupSize, groupAssets: alert.groupAssets });
      groups.changed(changed);
    };
    /* A closed group is one line, and one decision. */
    if (alert.groupSize > 1 && !groups.of[alert.group])
      groups.membersOf(alert).then((members) => decideAll(members, DECISIONS[key].change, (changed) => changed.id === alert.id && show(changed), app), app.refuse);
    else
      decide(alert, DECISIONS[key].change, show, app);
  };
  useKeys({
    j: () => move(1), k: () => move(-1), ArrowDown: () => document.activeElement?.dataset.alert ? move(1) : false,
    ArrowUp: () => document.activeElement?.dataset.alert ? move(-1) : false, '?': () => setHelp(true),
    '/': () => document.getElementById('alert-text').focus(),
    ...Object.fromEntries(Object.keys(DECISIONS).map((key) => [key, () => act(key)])),
  });

  return html`
    <${Page} title="Alerts" lead=${pages.first.data ? `${plural(pages.total, filters.group || filters.single ? 'alert' : 'cause')} under this filter.` : ''}
      aside=${html`<a href=${link('suppressions')}>Suppressions</a> <button type="button" onClick=${() => setHelp(true)}>Keys <kbd>?</kbd></button>`} />
    <${Filters} filters=${filters} set=${set} counts=${app.status?.alerts} />
    ${pages.first.error && html`<${Failure} error=${pages.first.error} retry=${pages.first.reload} />`}
    ${pages.first.loading && html`<${Loading} what="Asking for alerts" />`}
    ${pages.first.data && html`
      <section class="card list" aria-label="List of alerts">
        ${rows.length === 0 ? html`<${Empty} title=${needle ? 'No loaded alert has these words.' : NONE_WORDS[filters.state] ?? `No alert is ${stateWord(filters.state).toLowerCase()}.`}>
            <p>${needle ? `${plural(pages.items.length, 'alert')} ${pages.items.length === 1 ? 'is' : 'are'} loaded. Try fewer letters${pages.next ? ', or load more below' : ''}.`
              : filters.class || filters.asset || filters.group ? 'None under this filter; without it there may be some.'
                : filters.state === 'open' ? 'A quiet list is what a night should look like.' : 'Another state above may have some.'}</p><//>`
          : html`<ul class="rows" ref=${list}>${rows.map((alert) => html`
              <li key=${alert.id} class=${`${alert.id === currentId ? 'current' : ''}${alert.groupSize ? '' : filters.group || filters.single ? '' : ' member'}`}><${AlertRow} alert=${alert}
                onFocus=${() => setCurrent(alert.id)} />${alert.groupSize > 1 && html`<${GroupLine} alert=${alert} members=${groups.of[alert.group]} toggle=${groups.toggle} />`}</li>`)}</ul>`}
        ${pages.next && html`<p class="more"><button type="button" disabled=${pages.busy} onClick=${pages.loadMore}>Load more</button></p>`}
      </section>
      <p class="note key-line"><kbd>j</kbd> <kbd>k</kbd> move, <kbd>Enter</kbd> open, <kbd>a</kbd> take, <kbd>r</kbd> resolve, <kbd>f</kbd> false positive, <kbd>t</kbd> true positive, <kbd>e</kbd> expected, <kbd>u</kbd> undo</p>`}
    <${KeysHelp} open=${help} close=${() => setHelp(false)} />`;
}
