// Looks at every page of a running engine in a real browser.
//
// Started by tests/it/readers/browser.rs. From the environment: HOLOS_PAGES, the address;
// HOLOS_POLLS, the polls to look at by name (JSON); HOLOS_SCREENSHOTS, a folder for pictures of the
// pages. A line `release!` on standard output asks for the live poll's next release; `released`
// answers it.
//
// Everything that is wrong is told, at once and again at the end; then the program fails.
"use strict";

const { start } = require("./browser.cjs");
const { PICTURES } = require("./gallery.cjs");
const { end, part } = require("./report.cjs");
const budgets = require("./budgets.cjs");
const keyboard = require("./keyboard.cjs");
const languages = require("./languages.cjs");
const live = require("./live.cjs");
const media = require("./media.cjs");
const numbers = require("./numbers.cjs");
const views = require("./views.cjs");

async function main() {
  const browser = await start();
  console.log(`Chromium ${browser.version()}; pictures in ${PICTURES}`);
  const parts = [
    ["what a first visit costs", budgets.measure],
    ["numbers and times", numbers.compare],
    ["the language that is asked for", languages.chosen],
    ["the language that a browser has", languages.landed],
    ["the language link", languages.switched],
    ["what is not public", views.secret],
    ["by keyboard", keyboard.walk],
    ["searching and reading by keyboard", keyboard.use],
    ["enlarged", media.enlarged],
    ["contrast of bars, also in forced colours", media.bars],
    ["motion", media.still],
    ["paper", media.paper],
    ["every page, as every kind of reader gets it", views.look],
    // Last, as it changes what the pages say.
    ["live results", live.follow],
  ];
  // A few of them by a word of their names, for who works on a page.
  const wanted = process.argv[2] ?? "";
  for (const [name, work] of parts.filter(([name]) => name.includes(wanted))) {
    await part(name, () => work(browser));
  }
  await browser.close();
}

main().then(end, (error) => {
  console.error(error);
  process.exit(1);
});
