// Numbers and times: the page says what the signed file says, in the form of its language.
"use strict";

const { within } = require("./browser.cjs");
const { LANGUAGES, POLLS, api, poll } = require("./gallery.cjs");
const { check, same } = require("./report.cjs");

const HIDDEN = { uk: "[к]", en: "[c]" };
const LOCALE = { uk: "uk-UA", en: "en-GB" };
const NBSP = "\u00a0";
/** A share has a second digit from so many answers on. */
const HUNDREDTHS_FROM = 10_000;

const count = (language, value) => new Intl.NumberFormat(LOCALE[language]).format(value);

function share(language, part, whole) {
  const digits = whole >= HUNDREDTHS_FROM ? 2 : 1;
  // Rounded half up, as by hand; a binary fraction would be rounded to its nearest.
  const scale = 10n ** BigInt(digits + 2);
  const [up, down] = [BigInt(part) * scale * 2n + BigInt(whole), BigInt(whole) * 2n];
  const percent = String(up / down).padStart(digits + 1, "0");
  const [before, after] = [percent.slice(0, -digits), percent.slice(-digits)];
  return language === "uk" ? `${before},${after}${NBSP}%` : `${before}.${after}%`;
}

/** A moment as the runtime's own calendar writes it, in Kyiv. */
function moment(language, machine) {
  const form = (parts) => {
    const kyiv = { timeZone: "Europe/Kyiv", ...parts };
    return new Intl.DateTimeFormat(LOCALE[language], kyiv).format(new Date(machine));
  };
  const time = form({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return `${form({ dateStyle: "long" })}, ${time}`;
}

async function compare(browser) {
  const { publication } = await api(`/polls/${POLLS.split}/results`);
  for (const language of LANGUAGES) {
    const named = `${language}-split`;
    await within(browser, { language, script: false }, async (page, view) => {
      view.named = named;
      await page.goto(poll(language, "split"));
      totals(await page.evaluate(readTotals), publication, language, named);
      for (const table of publication.breakdowns) {
        const id = `${table.by}-${table.question}`;
        const read = await page.evaluate(readTable, id);
        cells(read, table, publication, language, `${named} ${id}`);
      }
      const times = await page.evaluate(readTimes);
      check(times.length > 3, named, "shows hardly any time");
      for (const [machine, text] of times) {
        const plain = (written) => written.replace(/\s/g, " ");
        same(plain(text), plain(moment(language, machine)), named, `the time ${machine}`);
      }
    });
  }
  // What the oracle says, in words: a wrong one on both sides would go unseen.
  same(count("uk", 12_000), `12${NBSP}000`, "numbers", "twelve thousand");
  same(count("en", 12_000), "12,000", "numbers", "twelve thousand");
  same(share("uk", 1, 3), `33,3${NBSP}%`, "numbers", "a third");
  same(share("en", 0, 10_000), "0.00%", "numbers", "none of many");
}

function totals(read, publication, language, named) {
  const { total, questions } = publication;
  same(read.total, count(language, total), named, "total");
  same(read.questions.length, questions.length, named, "number of questions");
  questions.forEach((question, at) => {
    const wanted = question.options.map((option) => ({
      label: option.label[language],
      count: count(language, option.count),
      share: share(language, option.count, total),
      bar: String(Math.floor((2_000 * option.count + total) / (2 * total))),
    }));
    same(read.questions[at], wanted, named, `question ${question.id}`);
  });
}

function cells(read, table, publication, language, named) {
  if (table.withheld) {
    same(read, null, named, "shows a table that is withheld");
    return;
  }
  if (!check(read, named, "shows no table")) return;
  const question = publication.questions.find((each) => each.id === table.question);
  const label = ({ id }) => question.options.find((option) => option.id === id).label[language];
  same(read.options, table.options.map(label), named, "options");
  same(read.rows.length, table.strata.length, named, "number of rows");
  const shown = (number) => (number === null ? HIDDEN[language] : count(language, number));
  table.strata.forEach(({ id, answers }, row) => {
    const { name, counts, shares, answers: said } = read.rows[row];
    check(name, named, `the row of ${id} has no name`);
    same(said, shown(answers), named, `answers of ${id}`);
    table.options.forEach((option, column) => {
      const number = option.counts[row];
      same(counts[column], shown(number), named, `${option.id} of ${id}`);
      const part = number !== null && answers ? share(language, number, answers) : "";
      same(shares[column], part, named, `share of ${option.id} of ${id}`);
    });
  });
}

// The rest runs in the page.

function readTotals() {
  const text = (within, part) => within.querySelector(part).textContent.trim();
  const rows = (table) => [...table.querySelectorAll("tbody tr")].map((row) => ({
    label: text(row, "th"),
    count: text(row, ".count"),
    share: text(row, ".share"),
    bar: row.querySelector(".fill").getAttribute("width"),
  }));
  const questions = [...document.querySelectorAll(".bars")].map(rows);
  return { total: text(document, ".total strong"), questions };
}

function readTable(id) {
  const table = document.getElementById(id).closest("section").querySelector("table.cells");
  if (!table) return null;
  const heads = [...table.querySelectorAll("thead th")].map((head) => head.innerText.trim());
  const rows = [...table.querySelectorAll("tbody tr")].map((row) => {
    const cells = [...row.querySelectorAll("td")];
    const share = (cell) => cell.querySelector("small")?.textContent.trim() ?? "";
    const number = (cell) => cell.textContent.replace(share(cell), "").trim();
    const answers = number(cells.at(-1));
    const options = cells.slice(0, -1);
    const name = row.querySelector("th").innerText.trim();
    return { name, answers, counts: options.map(number), shares: options.map(share) };
  });
  return { options: heads.slice(0, -1), rows };
}

function readTimes() {
  const times = [...document.querySelectorAll("time")];
  return times.map((time) => [time.dateTime, time.textContent.trim()]);
}

module.exports = { compare, count };
