"use strict";
(() => {
  const table = document.getElementById("table");
  const body = table.tBodies[0];
  const heads = Array.from(table.tHead.rows[0].cells);
  const column = (key) => heads.findIndex((head) => head.dataset.key === key);
  const rows = Array.from(body.rows, (row) => ({ row, text: row.textContent.toLowerCase() }));
  const search = document.getElementById("search");
  const filters = Array.from(document.querySelectorAll("select[data-filter]"), (select) => ({
    select, at: column(select.dataset.filter),
  }));
  const shown = document.getElementById("shown");

  const narrow = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const chosen = filters.filter(({ select }) => select.value);
    let count = 0;
    for (const { row, text } of rows) {
      const fits = words.every((word) => text.includes(word))
        && chosen.every(({ select, at }) => row.cells[at].textContent === select.value);
      if (row.hidden === fits) row.hidden = !fits;
      count += fits;
    }
    shown.textContent = count === rows.length ? `${count} partners` : `${count} of ${rows.length} partners`;
  };

  const sorter = new Intl.Collator("en", { numeric: true });
  const sort = (head, at) => {
    const number = "number" in head.dataset;
    const before = head.getAttribute("aria-sort");
    const down = before ? before === "ascending" : number;
    for (const item of rows) {
      const cell = item.row.cells[at];
      item.key = number ? parseFloat(cell.dataset.v) : cell.textContent;
    }
    // What has no figure stays at the end, whichever way the others are sorted.
    const absent = number ? Number.isNaN : (key) => key === "";
    const order = number ? (a, b) => a - b : sorter.compare;
    rows.sort(({ key: a }, { key: b }) => {
      if (absent(a) || absent(b)) return absent(a) - absent(b);
      return down ? order(b, a) : order(a, b);
    });
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    body.append(...rows.map(({ row }) => row));
  };

  heads.forEach((head, at) => {
    if (!head.dataset.key) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sort(head, at));
  });
  const controls = document.getElementById("controls");
  controls.addEventListener("submit", (event) => event.preventDefault());
  controls.addEventListener("input", narrow);
  controls.hidden = false;
  narrow();
})();
