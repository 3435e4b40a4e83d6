// What a first visit costs its reader: bytes, waiting, and text that jumps.
"use strict";

const { within } = require("./browser.cjs");
const { at, poll } = require("./gallery.cjs");
const { check } = require("./report.cjs");

/** Page, style, script and icon together, as they come over the wire. */
const BYTES = 50_000;
/** Until the largest thing is painted, on a processor four times slower than this one. */
const SLOWER = 4;
const PAINTED_MS = 1_000;
/** The sum of layout shifts; what the web calls good is below 0.1. */
const SHIFT = 0.05;
/** The best counts: other programs on the machine only make a load longer. */
const LOADS = 3;

async function measure(browser) {
  const pages = [
    ["uk-list", at("/uk")],
    ["uk-split", poll("uk", "split")],
    ["uk-live", poll("uk", "live")],
  ];
  for (const [name, address] of pages) {
    const loads = [];
    for (let load = 0; load < LOADS; load += 1) {
      loads.push(await within(browser, { width: 360 }, (page, view) => {
        view.named = name;
        return visit(page, address);
      }));
    }
    const least = (part) => Math.min(...loads.map((load) => load[part]));
    const [bytes, painted, shift] = ["bytes", "painted", "shift"].map(least);
    console.log(`  ${name}: ${bytes} bytes in ${loads[0].files} files, painted after ` +
      `${painted.toFixed(0)} ms, shift ${shift.toFixed(3)}`);
    check(loads[0].files >= 3, name, "files were not counted");
    check(bytes > 0 && bytes < BYTES, name, `takes ${bytes} bytes, not below ${BYTES}`);
    check(painted > 0, name, "nothing was painted");
    // Told and not failed: a busy machine paints late, and the page would not be to blame.
    if (painted >= PAINTED_MS) console.log(`  ${name}: over the budget of ${PAINTED_MS} ms`);
    check(shift < SHIFT, name, `text shifts by ${shift}`);
  }
}

async function visit(page, address) {
  const wire = await page.context().newCDPSession(page);
  let [bytes, files] = [0, 0];
  wire.on("Network.loadingFinished", ({ encodedDataLength }) => {
    bytes += encodedDataLength;
    files += 1;
  });
  await wire.send("Network.enable");
  await wire.send("Network.setCacheDisabled", { cacheDisabled: true });
  await wire.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
  await page.goto(address, { waitUntil: "load" });
  const seen = await page.evaluate(metrics);
  return { bytes, files, ...seen };
}

// Runs in the page.
async function metrics() {
  const all = (type) => new Promise((resolve) => {
    const found = [];
    const observer = new PerformanceObserver((list) => found.push(...list.getEntries()));
    observer.observe({ type, buffered: true });
    // Two frames later everything that was painted has been told.
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => resolve(found), 100)));
  });
  const paints = await all("largest-contentful-paint");
  const shifts = await all("layout-shift");
  const painted = paints.at(-1)?.startTime ?? 0;
  return { painted, shift: shifts.reduce((sum, each) => sum + each.value, 0) };
}

module.exports = { measure };
