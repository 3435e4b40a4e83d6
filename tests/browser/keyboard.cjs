// The pages by keyboard alone.
"use strict";

const { within } = require("./browser.cjs");
const { POLLS, SITE, at, poll } = require("./gallery.cjs");
const { check, same } = require("./report.cjs");

/** Each kind of page, those with most to stop at on a phone and on a desk. */
const WALKS = [
  ["uk-list", at("/uk"), 360],
  ["en-list-second", at("/en?page=2"), 1100],
  ["uk-split", poll("uk", "split"), 360],
  ["uk-split", poll("uk", "split"), 1100],
  ["en-live", poll("en", "live"), 360],
  ["uk-live", poll("uk", "live"), 1100],
  ["uk-notice", `${poll("uk", "split")}/notice`, 360],
];

async function walk(browser) {
  for (const [name, address, width] of WALKS) {
    await within(browser, { width }, async (page, view) => {
      view.named = `${name}-${width}`;
      await page.goto(address);
      await skip(page, view.named);
      await page.goto(address);
      await through(page, view.named);
    });
  }
}

/** The first stop leads past the header, and can be seen while it is one. */
async function skip(page, named) {
  await page.keyboard.press("Tab");
  const first = await page.evaluate(stop);
  same(first?.skips, true, named, "the first stop leads past the header");
  same(first?.inWindow, true, named, "the way past the header can be seen");
  await page.keyboard.press("Enter");
  same(await page.evaluate(() => document.activeElement.id), "main", named, "focus after skipping");
  await page.keyboard.press("Tab");
  const inMain = await page.evaluate(() => document.activeElement.matches("main *"));
  check(inMain, named, "the stop after skipping is outside the content");
}

/** Forth over everything there is to use, in the order of the page, and back again. */
async function through(page, named) {
  const wanted = await page.evaluate(stops);
  const kinds = new Set();
  for (const [place, name] of wanted.entries()) {
    await page.keyboard.press("Tab");
    const reached = await page.evaluate(stop);
    const here = `stop ${place}, ${name}`;
    if (!check(reached?.place === place, named, `${here}: reached ${reached?.name}`)) return;
    check(reached.outlined, named, `${here}: no outline`);
    check(reached.inWindow, named, `${here}: the focus is out of sight`);
    // Whether an outline can really be seen is looked at once for each kind of thing.
    if (reached.inWindow && !kinds.has(reached.kind)) {
      kinds.add(reached.kind);
      await changes(page, reached.kind, named);
    }
  }
  same(await page.evaluate(unreachable), [], named, "scrolls, and is no stop");
  for (const place of [...wanted.keys()].reverse().slice(1)) {
    await page.keyboard.press("Shift+Tab");
    const reached = await page.evaluate(stop);
    const back = `on the way back, stop ${place}: reached ${reached?.name}`;
    if (!check(reached?.place === place, named, back)) return;
  }
}

/** The picture around the focus is another than without it. */
async function changes(page, kind, named) {
  const clip = await page.evaluate(() => {
    const { left, top, right, bottom } = document.activeElement.getBoundingClientRect();
    const [x, y] = [Math.max(0, left - 8), Math.max(0, top - 8)];
    const [end, foot] = [Math.min(innerWidth, right + 8), Math.min(innerHeight, bottom + 8)];
    return { x, y, width: end - x, height: foot - y };
  });
  const held = await page.evaluateHandle(() => document.activeElement);
  const focused = await page.screenshot({ clip });
  await held.evaluate((element) => element.blur());
  const blurred = await page.screenshot({ clip });
  await held.evaluate((element) => element.focus({ preventScroll: true, focusVisible: true }));
  check(!focused.equals(blurred), named, `the focus cannot be seen on ${kind}`);
}

/** A search from the first key to the answer, and a table that scrolls by its arrow keys. */
async function use(browser) {
  for (const script of [true, false]) {
    await within(browser, { script }, async (page, view) => {
      view.named = script ? "uk-list" : "uk-list (no script)";
      await page.goto(at("/uk"));
      await to(page, "#q");
      await page.keyboard.type("тролейбуса");
      await to(page, "#community");
      await page.keyboard.press("ArrowDown");
      const chosen = await page.locator("#community").inputValue();
      check(chosen, view.named, "the arrow key chooses no community");
      await page.keyboard.press("ArrowUp");
      await page.keyboard.press("Tab");
      await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
      const query = Object.fromEntries(new URL(page.url()).searchParams);
      same(query, { q: "тролейбуса", body: "", community: "" }, view.named, "search asks for");
      same(await page.locator(".card a").count(), 1, view.named, "polls found");
      await to(page, ".card a");
      await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
      same(page.url().replace(SITE, ""), `/uk/polls/${POLLS.waits}`, view.named, "leads to");
    });
  }
  await within(browser, { width: 360 }, async (page, view) => {
    view.named = "uk-split-360";
    await page.goto(poll("uk", "split"));
    await to(page, ".scroll:has(.cells)");
    await page.keyboard.press("ArrowRight");
    await page.waitForFunction(() => document.activeElement.scrollLeft > 0);
    view.named = "uk-live-360";
    await page.goto(poll("uk", "live"));
    await to(page, "summary");
    await page.keyboard.press("Enter");
    const opened = await page.evaluate(() => document.activeElement.parentElement.open);
    check(opened, view.named, "the enter key does not open the table");
  });
}

/** Presses the tab key until this is reached. */
async function to(page, selector) {
  for (let pressed = 0; pressed < 60; pressed += 1) {
    await page.keyboard.press("Tab");
    const reached = await page.evaluate((s) => document.activeElement.matches(s), selector);
    if (reached) return;
  }
  throw new Error(`${selector} cannot be reached by the tab key`);
}

// The rest runs in the page.

/** Names what there is to use, in the order of the page. */
function stops() {
  const all = "a[href], button, input, select, textarea, summary, [tabindex='0']";
  const usable = [...document.querySelectorAll(all)].filter((each) => each.checkVisibility());
  window.stops = usable;
  return usable.map((each) => each.outerHTML.slice(0, 80));
}

/** Where the focus is. */
function stop() {
  const held = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(held);
  const { left, top, right, bottom } = held.getBoundingClientRect();
  return {
    place: window.stops?.indexOf(held),
    name: held.outerHTML.slice(0, 80),
    kind: `${held.localName} ${held.className}`,
    skips: held.matches(".skip"),
    outlined: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2,
    inWindow: right > 0 && left < innerWidth && bottom > 0 && top < innerHeight,
  };
}

/** What scrolls sideways, and cannot have the focus. */
function unreachable() {
  const scrolls = (element) => element.scrollWidth > element.clientWidth &&
    /auto|scroll/.test(getComputedStyle(element).overflowX);
  const all = [...document.querySelectorAll("body *")].filter(scrolls);
  return all.filter((element) => element.tabIndex < 0).map((element) => element.className);
}

module.exports = { use, walk };
