// An open poll's page: with a script it follows the releases, without one it stays as it was.
"use strict";

const { open } = require("./browser.cjs");
const { POLLS, api, poll, release } = require("./gallery.cjs");
const { check, same } = require("./report.cjs");
const { count } = require("./numbers.cjs");

/** Within which a release is on the page of somebody who has it open. */
const WITHIN = 15_000;
/** Longer than the page waits between two looks where it has no events. */
const LATER = 150_000;

const total = async () => (await api(`/polls/${POLLS.live}/results`)).publication.total;
const shown = (page) => page.locator(".total strong").innerText();
const comes = async ({ page, named }, wanted) => {
  const there = (wanted) => document.querySelector(".total strong").innerText === wanted;
  const come = page.waitForFunction(there, wanted, { timeout: WITHIN }).then(() => true);
  check(await come.catch(() => false), named, `${wanted} answers do not come within ${WITHIN} ms`);
};

/** A window at the live poll's page. */
async function watch(browser, named, { answer, ...options }) {
  const expected = answer ? ["/events"] : [];
  const view = await open(browser, { ...options, expected });
  view.named = named;
  if (answer) await view.context.route("**/events", answer);
  if (answer) await view.page.clock.install();
  await view.page.goto(poll("uk", "live"));
  return view;
}

async function follow(browser) {
  const before = await total();
  const views = {
    following: await watch(browser, "live", {}),
    still: await watch(browser, "live without a script", { script: false }),
    refused: await watch(browser, "live without events", {
      // Too many watch already.
      answer: (route) => route.fulfill({ status: 503, body: "" }),
    }),
    cut: await watch(browser, "live behind a wall", { answer: (route) => route.abort() }),
  };
  for (const { page, named } of Object.values(views)) {
    same(await shown(page), count("uk", before), named, "total at first");
  }
  const { page, named } = views.following;
  await page.evaluate(settle);
  await release();
  let after = await total();
  check(after > before, named, "the release has no more answers than the one before");
  const begun = Date.now();
  await comes(views.following, count("uk", after));
  console.log(`  the release was on the page after ${Date.now() - begun} ms`);
  const seen = await page.evaluate(found);
  check(seen.sameDocument, named, "was loaded anew");
  same(seen.said.length, 1, named, "number of announcements of one release");
  check(seen.said[0]?.includes(count("uk", after)), named, `announced ${seen.said[0]}`);
  same(seen.role, "status", named, "role of the announcement");
  same(seen.focus, seen.focusBefore, named, "focus");
  same(seen.open, true, named, "what was opened is open");
  same(seen.scroll, seen.scrollBefore, named, "place on the page");

  // Nothing but a look of their own tells these of it.
  for (const { page, named } of [views.refused, views.cut]) {
    same(await shown(page), count("uk", before), named, "total without events");
  }
  await views.refused.page.clock.fastForward(LATER);
  await comes(views.refused, count("uk", after));
  for (const { page, named } of [views.still, views.cut]) {
    same(await shown(page), count("uk", before), named, "total before it is loaded anew");
    await page.reload();
    same(await shown(page), count("uk", after), named, "total after it is loaded anew");
  }

  // A second one is told as well, and once.
  await page.locator('#releases-table a[href$="/releases/1"]').focus();
  await page.evaluate(settle);
  await release();
  after = await total();
  await comes(views.following, count("uk", after));
  const again = await page.evaluate(found);
  same(again.said.length, 1, named, "number of announcements of the second release");
  same(again.focus, again.focusBefore, named, "focus on a link in the table that grows");
  for (const view of Object.values(views)) await view.close();
}

// The rest runs in the page.

/** Notes what must stay as it is, and what is announced from now on. */
function settle() {
  const details = document.querySelector("#live details");
  if (!details.open) {
    details.querySelector("summary").focus();
    details.open = true;
  }
  const name = () => {
    const held = document.activeElement;
    return `${held.tagName} ${held.getAttribute("href") ?? held.parentElement?.id ?? ""}`;
  };
  const said = [];
  const status = document.getElementById("announce");
  window.watched?.observer.disconnect();
  const observer = new MutationObserver(() => said.push(status.textContent));
  observer.observe(status, { childList: true, characterData: true, subtree: true });
  window.watched = { focus: name(), name, observer, said, scroll: scrollY };
}

function found() {
  const { focus, name, said = [], scroll } = window.watched ?? {};
  return {
    sameDocument: Boolean(window.watched),
    said,
    role: document.getElementById("announce").getAttribute("role"),
    focus: name?.(),
    focusBefore: focus,
    open: document.querySelector("#live details").open,
    scroll: scrollY,
    scrollBefore: scroll,
  };
}

module.exports = { follow };
