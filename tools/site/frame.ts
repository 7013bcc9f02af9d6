/** What stands round each page of the site. */

import { type Page, relative } from "./pages.ts";

const STYLE = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 20%, transparent); }
body { margin: 0; font: 16px/1.55 system-ui, sans-serif; display: grid; grid-template-columns: 15rem minmax(0, 1fr); }
nav { padding: 1.5rem 1rem; border-right: 1px solid var(--line); min-height: 100vh; box-sizing: border-box; }
nav a { display: block; padding: .2rem .5rem; border-radius: .3rem; text-decoration: none; color: inherit; }
nav a[aria-current] { background: var(--line); font-weight: 600; }
main { max-width: 60rem; padding: 1rem 2rem 4rem; box-sizing: border-box; }
pre { overflow-x: auto; padding: .8rem 1rem; border: 1px solid var(--line); border-radius: .4rem; }
code { font: .9em ui-monospace, monospace; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { border: 1px solid var(--line); padding: .3rem .6rem; text-align: left; vertical-align: top; }
img { max-width: 100%; background: #fff; }
@media (max-width: 50rem) { body { display: block; } nav { min-height: 0; border: 0; border-bottom: 1px solid var(--line); } }
`;

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

/** A page with the list of all pages. @param reference Where the reference begins, in the site. */
export function framed(page: Page, pages: readonly Page[], reference: string): string {
  const link = (path: string, title: string, isHere: boolean) =>
    `<a href="${relative(page.path, path)}"${isHere ? ' aria-current="page"' : ""}>${escaped(title)}</a>`;
  const links = pages.map(({ path, title }) => link(path, title, path === page.path));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(page.title)}</title>
<style>${STYLE}</style>
</head>
<body>
<nav>
${links.join("\n")}
${link(reference, "Reference", false)}
</nav>
<main>
${page.html}</main>
</body>
</html>
`;
}
