// Tables of the page. Cells are HTML: who makes them escapes what came from elsewhere.

/** A table that scrolls by itself where the page is narrower. */
export function htmlTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return `<div class="scroll"><table>
<thead><tr>${head.map((cell) => `<th scope="col">${whole(cell)}</th>`).join("")}</tr></thead>
<tbody>
${rows.map((row) => `<tr>${row.map((cell) => `<td>${whole(cell)}</td>`).join("")}</tr>`).join("\n")}
</tbody></table></div>`;
}

/** A number stays with its per cent sign where a narrow table breaks lines. */
const whole = (cell: string) => cell.replaceAll(/(\d) %/g, "$1&nbsp;%");

/** Names and values, a line each. */
export function factsTable(rows: readonly (readonly [name: string, value: string])[]): string {
  return `<div class="scroll"><table class="facts"><tbody>
${rows.map(([name, value]) => `<tr><th scope="row">${name}</th><td>${value}</td></tr>`).join("\n")}
</tbody></table></div>`;
}
