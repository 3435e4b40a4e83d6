// Every page, as every kind of reader gets it.
//
// Languages, schemes, widths and scripts make sixteen kinds. Of them eight are looked at: those with
// an even number of {English, dark, wide, script}. So each page is seen in every combination of any
// three of the four, and each language and width has one view with a script and one without, to be
// compared. axe runs in the page, and so only where there is a script: in half of the views, which
// have each scheme at each width, and each language in each scheme and at each width.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { AxeBuilder } = require("@axe-core/playwright");

const { within } = require("./browser.cjs");
const gallery = require("./gallery.cjs");
const { attempt, check, same } = require("./report.cjs");

const { LANGUAGES, PICTURES } = gallery;
const [NARROWEST, NARROW, WIDE] = [320, 360, 1100];
/** WCAG 2.2 AA, with what it took over, and what axe's authors advise beyond. */
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

const LOCALES = path.join(__dirname, "../../src/http/pages/locales");
/** Names of messages that are no words of their own. */
const KEYS = new Set(
  LANGUAGES.flatMap((language) => {
    const messages = fs.readFileSync(path.join(LOCALES, `${language}.ftl`), "utf8");
    return messages.match(/^[a-z]+(-[A-Za-z0-9]+)+(?= =)/gm);
  }),
);

function kinds() {
  const kinds = [];
  for (let bits = 0; bits < 16; bits += 1) {
    const [english, dark, wide, script] = [1, 2, 4, 8].map((bit) => Boolean(bits & bit));
    if ((english + dark + wide + script) % 2 === 0) {
      const [language, width] = [LANGUAGES[Number(english)], wide ? WIDE : NARROW];
      kinds.push({ language, dark, width, script });
    }
  }
  return kinds;
}

/** Looks at all of them, and takes a picture of each. */
async function look(browser) {
  const read = new Map();
  const left = kinds();
  // Two windows at a time: while one waits for the engine or the disk, the other goes on.
  const window = async () => {
    for (let kind = left.shift(); kind; kind = left.shift()) await through(browser, kind, read);
  };
  await Promise.all([window(), window()]);
}

/** Every page in one window. `read` is what was read of each, at each width and in each language. */
async function through(browser, kind, read) {
  const { language, dark, width, script } = kind;
  await within(browser, kind, async (page, view) => {
    for (const asked of gallery.pages(language)) {
      const place = `${language}-${asked.name}-${width}`;
      const picture = `${place}-${dark ? "dark" : "light"}`;
      view.named = script ? picture : `${picture} (no script)`;
      await attempt(() => view.named, async () => {
        const text = await one(page, view.named, asked, kind);
        if (read.has(place)) alike(text, read.get(place), place);
        read.set(place, text);
        await page.screenshot({ path: path.join(PICTURES, `${picture}.png`), fullPage: true });
      });
    }
  });
}

/** One page in one window; returns what can be read on it. */
async function one(page, named, asked, { language, width, script }) {
  const answer = await page.goto(gallery.at(asked.path), { waitUntil: "load" });
  same(answer.status(), asked.status, named, "status");
  headers(await answer.allHeaders(), named);
  const seen = await page.evaluate(inPage);
  same(seen.lang, language, named, "lang");
  same(seen.headings.length, 1, named, "number of h1");
  check(seen.headings[0], named, "has an empty h1");
  check(seen.title.trim(), named, "has no title");
  const other = gallery.counterpart(asked.path, language, asked.status);
  same(seen.other, [other], named, "links to the other language");
  seen.texts.forEach((text) => words(text, named));
  same(seen.beyond, [], named, "wider than the window");
  same(seen.tall, [], named, "rows of a table as high as a column of letters");
  if (width === NARROW) {
    await page.setViewportSize({ width: NARROWEST, height: 800 });
    const { beyond, tall } = await page.evaluate(inPage);
    same(beyond, [], named, `wider than ${NARROWEST} px`);
    same(tall, [], named, `rows of a table as high as a column of letters, at ${NARROWEST} px`);
    await page.setViewportSize({ width, height: 800 });
  }
  if (script) await accessible(page, named);
  return seen.text;
}

async function accessible(page, named) {
  // What axe approves of is a long list that nobody reads; and to look into frames, of which there
  // are none, it would open a window more each time.
  const axe = new AxeBuilder({ page }).options({ resultTypes: ["violations"] }).withTags(RULES);
  const { violations } = await axe.setLegacyMode(true).analyze();
  for (const { id, help, nodes } of violations) {
    const where = nodes.map((node) => node.target).join(" | ");
    check(false, named, `axe ${id}, ${help}: ${where}`);
  }
}

/** With a script and without, a page says the same; the first line that is another is told. */
function alike(text, other, named) {
  const [lines, others] = [text.split("\n"), other.split("\n")];
  const at = lines.findIndex((line, at) => line !== others[at]);
  same(lines[at], others[at], named, "a line with a script, or without");
  same(lines.length, others.length, named, "lines with a script, or without");
}

/** What a page says and how wide it is. Runs in the page, also where the page itself may run
 *  nothing. */
function inPage() {
  const { clientWidth, scrollWidth, lang } = document.documentElement;
  const all = [...document.querySelectorAll("*")];
  const short = (element) => element.outerHTML.slice(0, 80);
  const isBeyond = (element) => element.getBoundingClientRect().right > clientWidth + 1 &&
    !element.closest(".scroll, .unseen, .skip");
  const beyond = all.filter(isBeyond).map(short);
  if (scrollWidth > clientWidth) beyond.unshift(`${scrollWidth} px`);
  const rows = [...document.querySelectorAll("tbody tr")];
  const spoken = ["alt", "aria-label", "title", "data-announce", "content", "value"];
  const said = spoken.flatMap((name) => all.map((element) => element.getAttribute(name) ?? ""));
  const texts = [document.title, ...said];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    // Commands and names of files look like anything.
    if (!walker.currentNode.parentElement.closest("code")) texts.push(walker.currentNode.data);
  }
  const links = [...document.querySelectorAll("nav a[hreflang]")];
  return {
    lang,
    title: document.title,
    headings: [...document.querySelectorAll("h1")].map((heading) => heading.innerText.trim()),
    text: document.body.innerText,
    texts,
    other: links.map((link) => link.getAttribute("href")),
    beyond,
    tall: rows.filter((row) => row.offsetHeight > 220).map(short),
  };
}

/** Nothing of what makes words stands among them. */
function words(text, named) {
  check(!/\{\s*\$|\{\{|undefined|\bNaN\b|\bnull\b/.test(text), named, `unfinished text "${text}"`);
  const key = (text.match(/[A-Za-z0-9]+(-[A-Za-z0-9]+)+/g) ?? []).find((word) => KEYS.has(word));
  check(!key, named, `untranslated "${key}"`);
}

/** A page may load its own files and nothing else, is taken for what it says it is, and tells
 *  nobody where its reader came from. */
function headers(sent, named) {
  const policy = sent["content-security-policy"] ?? "";
  const rules = policy.split(";").map((rule) => rule.trim().split(" "));
  const rule = (wanted) => rules.find(([name]) => name === wanted)?.slice(1).join(" ");
  same(rule("default-src"), "'none'", named, "CSP default-src");
  same(rule("frame-ancestors"), "'none'", named, "CSP frame-ancestors");
  same(rule("script-src"), "'self'", named, "CSP script-src");
  same(rule("style-src"), "'self'", named, "CSP style-src");
  check(!/unsafe|\*|data:|blob:|https?:/.test(policy), named, `CSP allows too much: ${policy}`);
  same(sent["x-content-type-options"], "nosniff", named, "x-content-type-options");
  same(sent["referrer-policy"], "no-referrer", named, "referrer-policy");
  same(sent["set-cookie"], undefined, named, "set-cookie");
}

/** The pages of a poll that is not public are, byte for byte, those of one that does not exist. */
async function secret() {
  const { NO_POLL, POLLS, SECRET } = gallery;
  for (const language of LANGUAGES) {
    for (const below of ["", "/notice"]) {
      const asked = [POLLS[SECRET], NO_POLL].map(async (id) => {
        const answer = await fetch(gallery.at(`/${language}/polls/${id}${below}`));
        const headers = [...answer.headers].filter(([name]) => name !== "date");
        return { status: answer.status, headers, text: await answer.text() };
      });
      const [hidden, missing] = await Promise.all(asked);
      same(hidden, missing, `${language}-secret${below}`, "tells that the poll is there");
      same(missing.status, 404, `${language}-secret${below}`, "status");
    }
  }
}

module.exports = { look, secret };
