// SPDX-License-Identifier: GPL-3.0-or-later
/* browser-checks.mjs - what test-console.mjs asks of a page besides its words */

/** Puts every error, policy breach, refused or foreign request of @page into @faults, as lines of text. */
export async function collectFaults(page, base, faults) {
  const origin = new URL(base).origin;

  await page.exposeFunction('reportBreach', (text) => faults.push(`policy: ${text}`));
  await page.addInitScript(() => document.addEventListener('securitypolicyviolation',
    (event) => window.reportBreach(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`)));
  page.on('pageerror', (error) => faults.push(`page: ${error.stack ?? error.message}`));
  page.on('console', (message) => {
    /* A failed request is told by its response below, with its address. */
    if (['error', 'warning'].includes(message.type()) && !message.text().startsWith('Failed to load resource'))
      faults.push(`console: ${message.text()}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400)
      faults.push(`${response.status()} ${response.url()}`);
  });
  page.on('request', (request) => {
    const { protocol, origin: asked } = new URL(request.url());
    if (!['blob:', 'data:'].includes(protocol) && asked !== origin)
      faults.push(`foreign: ${request.url()}`);
  });
}

/** How many pixels of a canvas have been drawn on. */
export const canvasInk = (page, selector) => page.locator(selector).first().evaluate((canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let ink = 0;
  for (let i = 3; i < data.length; i += 4)
    ink += data[i] > 60 ? 1 : 0;
  return ink;
});

/** Has the image been decoded, and does it show more than one colour? */
export const imageIsDrawn = (page, selector) => page.locator(selector).first().evaluate(async (image) => {
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = 200;
  canvas.height = 100;
  const paint = canvas.getContext('2d');
  paint.drawImage(image, 0, 0, 200, 100);
  const { data } = paint.getImageData(0, 0, 200, 100);
  const colours = new Set();
  for (let i = 0; i < data.length; i += 4)
    colours.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
  return image.naturalWidth > 100 && colours.size > 3;
});

export const hasNoSidewaysScroll = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth);
