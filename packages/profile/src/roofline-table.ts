// A roofline as a table that fits a terminal: where it is narrow, columns that matter least are left out first, and names
// are cut.
import { type Bounded, type Roofline, type RooflineRow, sumOf } from "./roofline.js";

interface Column {
  readonly title: string;
  /** Columns of least weight go first. */
  readonly weight: number;
  readonly cell: (row: Bounded) => string;
}

const fixed = (value: number | null, digits: number) => (value === null ? "–" : value.toFixed(digits));

/** Two digits where the number is small, none where it is large. */
const short = (value: number | null) => fixed(value, value === null || value < 10 ? 2 : value < 100 ? 1 : 0);

const NUMBERS: readonly Column[] = [
  { title: "MFLOP", weight: 1, cell: ({ flops }) => short(flops / 1e6) },
  { title: "MB", weight: 2, cell: ({ bytes }) => short(bytes / 1e6) },
  { title: "ms", weight: 9, cell: ({ ms }) => fixed(ms, 3) },
  { title: "GFLOP/s", weight: 5, cell: ({ gflops }) => short(gflops) },
  { title: "GB/s", weight: 4, cell: ({ gbs }) => short(gbs) },
  { title: "of bound", weight: 8, cell: ({ share }) => (share === null ? "–" : `${fixed(100 * share, 0)} %`) },
  { title: "lost ms", weight: 10, cell: ({ lost_ms }) => fixed(lost_ms, 3) },
];

/** Characters that a dispatch's name has at least, and its kernel where there is room for one. */
const NAME = { least: 24, most: 48 };
const KERNEL = { least: 18, most: 44 };
const GAP = 2;
/** Columns below this go before a name is cut or the kernel left out; those from the other on never do. */
const KERNEL_WEIGHT = 5;
const ALWAYS = 8;

/**
 * The table as lines: a heading, a line for each of the first `top` dispatches, one for the others together, the total.
 *
 * @param width characters that a line may have; below about 60 lines are as long as they must be
 */
export function rooflineTable({ rows, total }: Roofline, top: number, width: number): string[] {
  const shown = rows.slice(0, top);
  const rest = rows.slice(top);
  const body: Line[] = [
    ...shown.map((row) => ({ name: nameOf(row), kernel: row.kernel, row })),
    ...(rest.length === 0 ? [] : [{ name: `${rest.length} others`, kernel: "", row: sumOf(rest) }]),
    { name: `${rows.length} dispatches`, kernel: "", row: total },
  ];
  const cached = rows.some(({ share }) => share !== null && share > 1);
  return [...laidOut(body, width), ...(cached ? ["above 100 % of the bound, bytes came from a cache"] : [])];
}

interface Line {
  readonly name: string;
  readonly kernel: string;
  readonly row: Bounded;
}

function laidOut(body: readonly Line[], width: number): string[] {
  const all = NUMBERS.map((column) => {
    const cells = body.map(({ row }) => column.cell(row));
    return { ...column, cells, wide: Math.max(column.title.length, ...cells.map(({ length }) => length)) };
  });
  const widthOf = (columns: readonly { wide: number }[]) => columns.reduce((sum, { wide }) => sum + GAP + wide, 0);
  let kept = all;
  const drop = (below: number, names: number) => {
    while (names + widthOf(kept) > width && kept.some(({ weight }) => weight < below)) {
      const least = Math.min(...kept.map(({ weight }) => weight));
      kept = kept.filter(({ weight }) => weight !== least);
    }
  };
  const longest = (texts: readonly string[], most: number) => Math.min(most, Math.max(...texts.map((t) => t.length)));
  const names = longest(["dispatch", ...body.map(({ name }) => name)], NAME.most);
  const kernelNames = longest(["kernel", ...body.map(({ kernel }) => kernel)], KERNEL.most);
  drop(KERNEL_WEIGHT, names + GAP + Math.min(kernelNames, KERNEL.least));
  drop(ALWAYS, NAME.least);
  const room = Math.max(NAME.least, width - widthOf(kept));
  const kernels = room >= NAME.least + GAP + KERNEL.least;
  const kernelWide = kernels ? Math.min(kernelNames, Math.max(KERNEL.least, room - GAP - names)) : 0;
  const nameWide = Math.min(names, kernels ? room - GAP - kernelWide : room);
  const line = (name: string, kernel: string, numbers: readonly string[]) => {
    const parts = [
      cut(name, nameWide).padEnd(nameWide),
      ...(kernels ? [cut(kernel, kernelWide).padEnd(kernelWide)] : []),
    ];
    return [...parts, ...numbers.map((text, i) => text.padStart(kept[i]!.wide))].join(" ".repeat(GAP)).trimEnd();
  };
  return [
    line(
      "dispatch",
      "kernel",
      kept.map(({ title }) => title),
    ),
    ...body.map(({ name, kernel }, at) =>
      line(
        name,
        kernel,
        kept.map(({ cells }) => cells[at]!),
      ),
    ),
  ];
}

function nameOf({ scope, op }: RooflineRow): string {
  return scope === "" ? op : `${scope} ${op}`;
}

/** The end matters: a scope's last parts and the op tell dispatches apart. */
function cut(text: string, width: number): string {
  return text.length <= width ? text : `…${text.slice(text.length - width + 1)}`;
}
