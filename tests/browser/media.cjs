// The pages enlarged, in colours that are not their own, without motion, and on paper.
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const { within } = require("./browser.cjs");
const { PICTURES, at, poll } = require("./gallery.cjs");
const { check, same } = require("./report.cjs");

/** Each kind of page, and the one with most on it in both languages. */
const PAGES = [
  ["uk-list", at("/uk")],
  ["uk-split", poll("uk", "split")],
  ["en-split", poll("en", "split")],
  ["uk-live", poll("uk", "live")],
  ["en-about", at("/en/about")],
];
/** A window of 1280 by 1024 px, of which a quarter is left at 400 % (WCAG 1.4.10). */
const ENLARGED = { width: 320, height: 256 };
/** What a reader may set of a text without losing any of it (WCAG 1.4.12), and letters of twice the
 *  size (WCAG 1.4.4). */
const SPACED = `
  * { line-height: 1.5 !important; letter-spacing: .12em !important }
  * { word-spacing: .16em !important }
  p { margin-bottom: 2em !important }`;
const LARGE = "html { font-size: 200% !important }";
/** Of shapes that tell something (WCAG 1.4.11). */
const CONTRAST = 3;

const picture = (page, name) =>
  page.screenshot({ path: path.join(PICTURES, `${name}.png`), fullPage: true });

async function enlarged(browser) {
  for (const [name, address] of PAGES) {
    await within(browser, ENLARGED, async (page, view) => {
      view.named = `${name} at 400 %`;
      await page.goto(address);
      same(await page.evaluate(lost), [], view.named, "does not fit");
      await picture(page, `${name}-enlarged`);
    });
    for (const [kind, style] of [["spaced", SPACED], ["large", LARGE]]) {
      await within(browser, { width: 640 }, async (page, view) => {
        view.named = `${name} ${kind}`;
        await page.goto(address);
        await page.evaluate(restyle, style);
        same(await page.evaluate(lost), [], view.named, "does not fit");
        await picture(page, `${name}-${kind}`);
      });
    }
  }
}

/** What bars say can be seen in the page's own colours, light and dark, and in the system's. */
async function bars(browser) {
  for (const dark of [false, true]) {
    for (const forcedColors of ["none", "active"]) {
      await within(browser, { dark }, async (page, view) => {
        const forced = forcedColors === "active" ? "forced-" : "";
        view.named = `uk-split-${forced}${dark ? "dark" : "light"}`;
        await page.emulateMedia({ forcedColors, colorScheme: dark ? "dark" : "light" });
        await page.goto(poll("uk", "split"));
        if (forced) await picture(page, view.named);
        let seen = 0;
        for (const bar of await page.locator(".bars .bar svg").all()) {
          const fill = await bar.locator(".fill").evaluate((each) => each.getBoundingClientRect());
          // A handful of many thousands: the number says what no bar can show.
          if (fill.width < 4) continue;
          seen += 1;
          const { width, height } = await bar.boundingBox();
          const across = [fill.width / 2, (fill.width + width) / 2].map(Math.round);
          const places = across.map((x) => [x, Math.round(height / 2)]);
          const found = contrast(...await colours(browser, await bar.screenshot(), places));
          const said = `a bar has a contrast of ${found.toFixed(1)} to its rail`;
          check(found >= CONTRAST, view.named, said);
        }
        check(seen > 0, view.named, "has no bar to look at");
      });
    }
  }
}

/** Nothing moves, whether or not the reader has asked for that. */
async function still(browser) {
  for (const reducedMotion of ["reduce", "no-preference"]) {
    await within(browser, {}, async (page, view) => {
      view.named = `uk-live with motion ${reducedMotion}`;
      await page.emulateMedia({ reducedMotion });
      await page.goto(poll("uk", "live"));
      same(await page.evaluate(moving), [], view.named, "moves");
    });
  }
}

/** On paper: what is asked and what came of it, without what only a screen can use. */
async function paper(browser) {
  const gone = ["header.site nav", ".trail", ".skip", "form.search", ".stages", "summary"];
  const kept = ["h1", "main", ".bars", ".total strong", "table"];
  const met = new Set();
  for (const [name, address] of PAGES) {
    await within(browser, { width: 720 }, async (page, view) => {
      view.named = `${name} on paper`;
      await page.goto(address);
      await page.emulateMedia({ media: "print", colorScheme: "light" });
      for (const selector of [...gone, ...kept]) {
        const wanted = kept.includes(selector);
        const said = wanted ? `does not print ${selector}` : `prints ${selector}`;
        for (const element of await page.locator(selector).all()) {
          met.add(selector);
          check(await element.isVisible() === wanted, view.named, said);
        }
      }
      same(await page.evaluate(lost), [], view.named, "does not fit");
      await picture(page, `${name}-paper`);
      const pdf = await page.pdf({ format: "A4" });
      fs.writeFileSync(path.join(PICTURES, `${name}.pdf`), pdf);
      const sheets = pdf.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length ?? 0;
      check(sheets >= 1 && sheets <= 8, view.named, `takes ${sheets} sheets`);
    });
  }
  for (const selector of [...gone, ...kept]) check(met.has(selector), "on paper", `no ${selector}`);
}

/** The colours of a picture at these places, read on a page of the browser's own: ours may not load a
 *  picture from elsewhere. */
async function colours(browser, picture, places) {
  const page = await browser.newPage();
  const read = await page.evaluate(async ([encoded, places]) => {
    const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
    canvas.drawImage(bitmap, 0, 0);
    return places.map(([x, y]) => [...canvas.getImageData(x, y, 1, 1).data]);
  }, [picture.toString("base64"), places]);
  await page.close();
  return read;
}

/** How far two colours are apart (WCAG 2.2, contrast ratio). */
function contrast(one, other) {
  const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const light = ([red, green, blue]) => {
    const [r, g, b] = [red, green, blue].map((part) => linear(part / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [dark, bright] = [light(one), light(other)].sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
}

// The rest runs in the page.

/** What is wider than the window, or cut off. */
function lost() {
  const { clientWidth, scrollWidth } = document.documentElement;
  const found = scrollWidth > clientWidth ? [`the page: ${scrollWidth} px of ${clientWidth}`] : [];
  const hides = (overflow) => ["hidden", "clip"].includes(overflow);
  for (const element of document.querySelectorAll("body *")) {
    const { overflowX, overflowY } = getComputedStyle(element);
    const cutAcross = hides(overflowX) && element.scrollWidth > element.clientWidth;
    const cutBelow = hides(overflowY) && element.scrollHeight > element.clientHeight;
    const cut = (cutAcross || cutBelow) && !element.closest(".unseen, svg");
    if (cut) found.push(element.outerHTML.slice(0, 80));
  }
  return found;
}

/** A reader's own style: made as the browser makes it, which no page's rules forbid. */
function restyle(text) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  document.adoptedStyleSheets.push(sheet);
}

function moving() {
  const moves = (element) => {
    const { animationName, scrollBehavior, transitionDuration } = getComputedStyle(element);
    const turns = animationName !== "none" || transitionDuration !== "0s";
    return turns || scrollBehavior === "smooth";
  };
  const found = [...document.querySelectorAll("*")].filter(moves);
  return found.map((element) => element.outerHTML.slice(0, 80));
}

module.exports = { bars, enlarged, paper, still };
