// Makes dist/icons.svg (one sprite of every icon that pages, agents and templates use) and copies the fonts beside it.
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");
const FOLDERS = [join(here, "..", "agents", "definitions"), join(here, "..", "workflows", "gallery")];

function listed() {
  return readFileSync(join(here, "icons.txt"), "utf8").split(/\s+/);
}

function ofDefinitions(folder) {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return files.map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")).icon);
}

function symbol(name) {
  const file = join(here, "node_modules", "lucide-static", "icons", `${name}.svg`);
  if (!existsSync(file)) throw new Error(`There is no icon "${name}" in lucide-static.`);
  const inner = readFileSync(file, "utf8").replace(/<!--.*?-->/gs, "").match(/<svg[^>]*>(.*)<\/svg>/s)[1];
  const shape = inner.replace(/\s+/g, " ").trim();
  return (
    `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" ` +
    `stroke-linecap="round" stroke-linejoin="round">${shape}</symbol>`
  );
}

function writeSprite() {
  const names = [...new Set([...listed(), ...FOLDERS.flatMap(ofDefinitions)].filter(Boolean))].sort();
  mkdirSync(dist, { recursive: true });
  const shapes = names.map(symbol).join("\n");
  writeFileSync(join(dist, "icons.svg"), `<svg xmlns="http://www.w3.org/2000/svg">${shapes}</svg>\n`);
}

function copyFonts() {
  const fonts = { geist: "geist-latin-wght-normal", "geist-mono": "geist-mono-latin-wght-normal" };
  fonts["bricolage-grotesque"] = "bricolage-grotesque-latin-wght-normal";
  mkdirSync(join(dist, "fonts"), { recursive: true });
  for (const [family, file] of Object.entries(fonts)) {
    const from = join(here, "node_modules", "@fontsource-variable", family, "files", `${file}.woff2`);
    cpSync(from, join(dist, "fonts", `${family}.woff2`));
    const wide = from.replace("-latin-", "-latin-ext-");
    cpSync(wide, join(dist, "fonts", `${family}-ext.woff2`));
  }
}

// The PDF writer wants plain TrueType files of a font that knows many scripts.
function copyPrintFonts() {
  for (const style of ["", "-Bold", "-Oblique", "-BoldOblique"]) {
    const name = `DejaVuSans${style}.ttf`;
    cpSync(join(here, "node_modules", "dejavu-fonts-ttf", "ttf", name), join(dist, "fonts", name));
  }
}

writeSprite();
copyFonts();
copyPrintFonts();
