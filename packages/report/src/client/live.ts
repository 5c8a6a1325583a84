// Runs in the reader's browser, inside the page: puts a live Vega view, which says what the pointer is on, in the place of each
// still picture, in the cut that fits the reader's setting and window. Paper and browsers without scripts keep the pictures.
// A page that is served follows its runs: what is new takes the place of what was, and the reader's place is kept.
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { Spec, View } from "vega";
import { Handler } from "vega-tooltip";

declare const vega: typeof import("vega");

/** As figure-store.ts writes it. */
interface Store {
  readonly tables: readonly object[][];
  readonly figures: Readonly<Record<string, Readonly<Record<string, object>>>>;
}

/** Milliseconds after which a connection that the browser has given up is tried again. */
const RETRY = 3000;

const dark = matchMedia("(prefers-color-scheme: dark)");
const narrow = matchMedia("(max-width: 600px)");
let views: View[] = [];

/** Draws every figure of a part of the page, which need not be in the page yet. */
async function draw(part: ParentNode, store: Store): Promise<View[]> {
  const cut = `${narrow.matches ? "narrow" : "wide"}-${dark.matches ? "dark" : "light"}`;
  const drawn: View[] = [];
  for (const figure of part.querySelectorAll("figure[data-figure]")) {
    const spec = store.figures[figure.getAttribute("data-figure") ?? ""]?.[cut];
    const place = figure.querySelector(".live");
    if (spec === undefined || place === null) continue;
    const view = new vega.View(vega.parse(filled(spec, store.tables) as Spec), {
      renderer: "svg",
      container: place,
      tooltip: new Handler({ theme: dark.matches ? "dark" : "light" }).call,
    });
    drawn.push(view);
    await view.runAsync();
    figure.classList.add("drawn");
    // The picture is for paper now, on which its cut for this screen would else still be while it prints.
    for (const source of figure.querySelectorAll("source")) source.remove();
  }
  return drawn;
}

/** A specification with its tables in their places; each view gets objects of its own. */
function filled(spec: object, tables: Store["tables"]): object {
  return JSON.parse(JSON.stringify(spec), (_, value: unknown) =>
    typeof value === "object" && value !== null && "$table" in value
      ? tables[value.$table as number]!.map((row) => ({ ...row }))
      : value,
  ) as object;
}

function storeOf(page: ParentNode): Store {
  return JSON.parse(page.querySelector("#figures")!.textContent!) as Store;
}

/** Draws the page anew, as after a change of the reader's setting. */
async function redraw(): Promise<void> {
  dismiss();
  views = await draw(document, storeOf(document));
}

/** Ends the views of figures that are no longer, and what the pointer was told of them. */
function dismiss(): void {
  for (const view of views) view.finalize();
  views = [];
  document.querySelector("#vg-tooltip-element")?.classList.remove("visible");
}

/** One after the other, since two at once would draw into the same places. */
let work = Promise.resolve();
function enqueue(task: () => Promise<void>): void {
  work = work.then(task).catch((error: unknown) => {
    say("this page could not be renewed; reload it");
    console.error(error);
  });
}

function say(text: string): void {
  document.querySelector("#status")?.replaceChildren(text);
}

/** Whether the page lacks what the server has said is new, and whether a renewal is waiting for its turn. */
let [stale, queued] = [false, false];
function queueRenewal(): void {
  stale = true;
  if (queued) return;
  queued = true;
  enqueue(renew);
}

/** Follows runs that go on. */
function follow(address: string): void {
  const source = new EventSource(address);
  source.addEventListener("report", queueRenewal);
  source.addEventListener("progress", ({ data }) => replace("#progress", parsed(data as string)));
  source.addEventListener("open", () => {
    say("following");
    if (stale) queueRenewal();
  });
  source.addEventListener("error", () => {
    say("connection lost; trying again");
    if (source.readyState === EventSource.CLOSED) setTimeout(() => follow(address), RETRY);
  });
}

function parsed(html: string): Document {
  return new DOMParser().parseFromString(html, "text/html");
}

function replace(part: string, page: Document): void {
  const fresh = page.querySelector(part);
  if (fresh !== null) document.querySelector(part)?.replaceWith(document.importNode(fresh, true));
}

/** Takes the page as it is now. Its figures are drawn before it is shown, so that its height does not jump. */
async function renew(): Promise<void> {
  // Before fetching, so that what the server says meanwhile is fetched again.
  queued = false;
  const page = await fetched();
  if (page === undefined) return;
  const main = document.importNode(page.querySelector("main")!, true);
  const drawn = await draw(main, storeOf(page));
  openAsBefore(document, main);
  const { scrollX, scrollY } = window;
  document.querySelector("main")!.replaceWith(main);
  dismiss();
  views = drawn;
  for (const part of ["#progress", "#figures"]) replace(part, page);
  document.title = page.title;
  window.scrollTo({ left: scrollX, top: scrollY, behavior: "instant" });
  stale = queued;
}

/** The page from the server; undefined where there is none now, of which the status tells. */
async function fetched(): Promise<Document | undefined> {
  try {
    const response = await fetch(location.href);
    if (response.ok) return parsed(await response.text());
    say(await response.text());
    return undefined;
  } catch (error) {
    // What fetch throws where there is no connection.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Opens in one part what is open in another, told by the headings above it and its summary. */
function openAsBefore(before: ParentNode, now: ParentNode): void {
  const open = new Set<string>();
  for (const [name, details] of named(before)) if (details.open) open.add(name);
  for (const [name, details] of named(now)) if (open.has(name)) details.open = true;
}

function* named(part: ParentNode): Generator<[string, HTMLDetailsElement]> {
  let [section, heading] = ["", ""];
  for (const element of part.querySelectorAll("h2, h3, details")) {
    if (element instanceof HTMLDetailsElement) {
      yield [`${section}\n${heading}\n${element.querySelector("summary")?.textContent}`, element];
    } else if (element.localName === "h2") {
      [section, heading] = [element.textContent ?? "", ""];
    } else heading = element.textContent ?? "";
  }
}

for (const setting of [dark, narrow]) setting.addEventListener("change", () => enqueue(redraw));
enqueue(redraw);
const events = document.documentElement.dataset.events;
if (events !== undefined) follow(events);
