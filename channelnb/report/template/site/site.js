"use strict";
(() => {
  const table = document.getElementById("table");
  const groups = Array.from(table.tBodies);
  const size = groups[0].rows.length;
  const heads = Array.from(table.tHead.rows[0].cells);
  const controls = document.getElementById("controls");
  const search = document.getElementById("search");
  const filters = Array.from(controls.getElementsByTagName("select"));
  const shown = document.getElementById("shown");
  // Without accents, so that who cannot type them still finds what has them.
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const rows = Array.from(table.querySelectorAll("tbody tr"), (row) => ({
    row,
    // What a partner is and who manages it: no figure, and no word of a link.
    text: plain(`${row.cells[0].textContent} ${row.cells[1].textContent}`),
    chosen: row.dataset.f.split(" ").map((places) => places.split(",").map(Number)),
  }));
  let order = "";

  // A group that is out of view is as high as its rows that are shown, though it is not laid out.
  const measure = () => {
    for (const group of groups) {
      const left = Array.from(group.rows).filter((row) => !row.hidden).length;
      group.hidden = !left;
      group.style.setProperty("--rows", left);
    }
    const count = rows.filter(({ row }) => !row.hidden).length;
    const all = `${rows.length} ${rows.length === 1 ? "partner" : "partners"}`;
    shown.textContent = (count === rows.length ? all : `${count || "None"} of ${all}`) + order;
  };

  const narrow = () => {
    const words = plain(search.value).split(/\s+/).filter(Boolean);
    const asked = filters.map((filter) => filter.selectedIndex);
    for (const { row, text, chosen } of rows) {
      const fits = words.every((word) => text.includes(word))
        && asked.every((place, at) => !place || chosen[at].includes(place));
      if (row.hidden === fits) row.hidden = !fits;
    }
    measure();
  };

  const sorter = new Intl.Collator("en", { numeric: true });
  const sort = (head, at) => {
    const number = head.classList.contains("n");
    const before = head.getAttribute("aria-sort");
    const down = before ? before === "ascending" : number;
    for (const item of rows) {
      const cell = item.row.cells[at];
      item.key = number ? parseFloat(cell.firstElementChild?.value) : cell.textContent;
    }
    // What has no figure stays at the end, whichever way the others are sorted.
    const absent = number ? Number.isNaN : (key) => key === "";
    const compare = number ? (a, b) => a - b : sorter.compare;
    rows.sort(({ key: a }, { key: b }) => {
      if (absent(a) || absent(b)) return absent(a) - absent(b);
      return down ? compare(b, a) : compare(a, b);
    });
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    groups.forEach((group, at) => group.append(...rows.slice(at * size, (at + 1) * size).map(({ row }) => row)));
    const way = number ? (down ? "highest" : "lowest") : (down ? "Z" : "A");
    order = `, by ${head.querySelector("button").firstChild.textContent.trim()}, ${way} first`;
    measure();
  };

  heads.forEach((head, at) => {
    if (!head.dataset.key) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sort(head, at));
  });
  controls.addEventListener("submit", (event) => event.preventDefault());
  controls.addEventListener("input", narrow);
  // A form tells of its reset before its fields have been.
  controls.addEventListener("reset", () => setTimeout(narrow));
  controls.hidden = false;
  narrow();
})();
