/**
 * What draws the charts of reports, loaded only when one is made: the scales and the lines of D3.
 *
 * They need neither a DOM nor a permission, and add 1.5 MB to Deno's cache, ten packages of one project under the ISC
 * licence, with releases in 2026. Deno fetches what `import()` names together with the module, so that whoever imports the
 * module gets them: Apache ECharts, which draws without a DOM too, would be 67 MB, and Vega 17 MB in 59 packages.
 * Observable Plot needs a DOM, and Chart.js a canvas.
 */
// @ts-types="npm:@types/d3-scale@4.0.9"
export { scaleLinear } from "npm:d3-scale@4.0.3";
// @ts-types="npm:@types/d3-shape@3.2.0"
export { area, line } from "npm:d3-shape@3.2.1";
