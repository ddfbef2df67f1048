// SPDX-License-Identifier: GPL-3.0-or-later
/* first-steps.js - what to do while nothing has arrived: the sockets we listen on, and how to point a router at them */
import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { plural, whole } from '../lib/format.js';
import { plain } from '../lib/words.js';
import { Card, Choices, Finding } from './basics.js';

const port = (sockets, wanted) => {
  const ports = (sockets ?? []).map(({ listen }) => String(listen).match(/(\d+)\D*$/)?.[1]).filter(Boolean);
  return ports.includes(wanted) ? wanted : ports[0] ?? wanted;
};

/* The shortest configuration of each platform that exports something Talaya can read. */
const ROUTERS = {
  'IOS XE': (host, p) => `flow exporter TALAYA
 destination ${host}
 transport udp ${p('2055')}
 template data timeout 60
flow monitor TALAYA
 exporter TALAYA
 cache timeout active 60
 record netflow ipv4 original-input
interface GigabitEthernet0/0/0
 ip flow monitor TALAYA input`,
  'IOS XR': (host, p) => `flow exporter-map TALAYA
 version v9
  template timeout 60
 transport udp ${p('2055')}
 destination ${host}
flow monitor-map TALAYA
 record ipv4
 exporter TALAYA
 cache timeout active 60
sampler-map ONE-IN-1000
 random 1 out-of 1000
interface HundredGigE0/0/0/0
 flow ipv4 monitor TALAYA sampler ONE-IN-1000 ingress`,
  Junos: (host, p) => `set services flow-monitoring version-ipfix template v4 ipv4-template
set services flow-monitoring version-ipfix template v4 template-refresh-rate seconds 60
set forwarding-options sampling instance TALAYA input rate 1000
set forwarding-options sampling instance TALAYA family inet output flow-server ${host} port ${p('4739')} version-ipfix template v4
set forwarding-options sampling instance TALAYA family inet output inline-jflow source-address <this router>
set chassis fpc 0 sampling-instance TALAYA
set interfaces xe-0/0/0 unit 0 family inet sampling input`,
  'SR OS': (host, p) => `/configure cflowd admin-state enable
/configure cflowd active-flow-timeout 60
/configure cflowd template-retransmit 60
/configure cflowd collector ${host} port ${p('4739')} version 10
/configure cflowd collector ${host} port ${p('4739')} admin-state enable
/configure cflowd sample-profile 1 sample-rate 1000
/configure router "Base" interface "to-transit" cflowd-parameters sampling unicast type interface
/configure router "Base" interface "to-transit" cflowd-parameters sampling unicast sample-profile 1`,
  EOS: (host, p) => `flow tracking sampled
   sample 1000
   tracker TALAYA
      record export on interval 60000
      exporter TALAYA
         collector ${host} port ${p('4739')}
         template interval 60000
   no shutdown
interface Ethernet1
   flow tracker sampled TALAYA`,
  RouterOS: (host, p) => `/ip traffic-flow set enabled=yes interfaces=all active-flow-timeout=1m
/ip traffic-flow target add dst-address=${host} port=${p('4739')} version=ipfix`,
  softflowd: (host, p) => `softflowd -i eth0 -v 10 -t maxlife=60 -n ${host}:${p('4739')}`,
};

const isLoopback = ({ listen }) => /^\w+:(127\.|\[::1\])/.test(listen);

export function FirstSteps({ status }) {
  const [router, setRouter] = useState('IOS XE');
  const { books, sockets } = status;
  const refused = Object.entries(books.refusedBy ?? {}).filter(([, n]) => n > 0);
  /* The console was perhaps opened on loopback, which no router can send to. */
  const host = /^(localhost|127\.|\[?::1)/.test(location.hostname) ? '<this host>' : location.hostname.replace(/^\[|\]$/g, '');

  return html`
    <${Card} title="Nothing arrives yet">
      <p>Talaya waits for flow exports${sockets?.length ? html` on ${sockets.map(({ listen }, i) => html`${i > 0 && ', '}<code key=${listen}>${listen}</code>`)}` : ''}.
        The format does not matter: NetFlow v5 and v9, IPFIX and sFlow are told apart on any port.</p>
      <ul class="findings">
        ${sockets?.length > 0 && sockets.every(isLoopback) && html`<${Finding} severity="warning" text="All of these are on loopback, where only this machine itself can send to."
          fix="For routers: listen=udp:0.0.0.0:2055 and exporters= with their addresses, both in the section [collector]; then restart or reload." />`}
        ${books.received === 0 ? html`<${Finding} severity="info" text="Not one datagram has reached this machine's sockets."
          fix="Check that the router's destination address and port are these, and that no firewall on the way, or on this machine, drops UDP." />`
          : html`<${Finding} severity="warning" text=${`${plural(books.received, 'datagram')} arrived, none from an exporter that may send.`}
            fix="Add the router's address to exporters= in the section [collector]; empty means loopback only." />`}
        ${refused.map(([reason, n]) => html`<${Finding} key=${reason} severity="warning" text=${`${whole(n)} refused: ${plain(reason)}`} />`)}
      </ul>
      <h3>Point a router at it</h3>
      <${Choices} label="Router" value=${router} onChange=${setRouter} choices=${Object.keys(ROUTERS).map((name) => [name, name])} />
      <pre tabindex="0" aria-label=${`Configuration for ${router}`}>${ROUTERS[router](host, (wanted) => port(sockets, wanted))}</pre>
      <p class="note">No router at hand? <code>talaya demo</code> plays a small network with one compromised server into this daemon.</p>
    <//>`;
}
