// The style sheet of the page: light and dark, for phones, wide screens and paper.

/** Colours differ in lightness as well as in hue: told apart without colour vision, and in a copy in black and white. */
const LIGHT = `--bg:#fdfdfc;--soft:#f4f4f1;--ink:#1b1d22;--dim:#5b6069;--grid:#e6e6e1;--edge:#c9c9c3;--main:#2563a8;--fill:#2563a826;--bad:#b3261e;--badfill:#b3261e33;--good:#1a7347;--flight:#6a51a3;--flightfill:#6a51a326;--p0:#a5a9b1;--p1:#d19a2e;--p2:#a86a12;--p3:#6b420d;--p4:#12886a;--p5:#2563a8;--hit:#1b1d2214;--shade:#1b1d221c;`;
const DARK = `--bg:#14161a;--soft:#1d2026;--ink:#e8e9ec;--dim:#a3a8b2;--grid:#282c33;--edge:#444a54;--main:#6cb0f2;--fill:#6cb0f230;--bad:#ff8a80;--badfill:#ff8a8040;--good:#69d09c;--flight:#b9a3ea;--flightfill:#b9a3ea30;--p0:#6a707b;--p1:#f3d38f;--p2:#e2a23b;--p3:#b06f1c;--p4:#3fc79d;--p5:#6cb0f2;--hit:#ffffff1c;--shade:#00000099;`;

const TEXT = `
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
@media (prefers-reduced-motion){html{scroll-behavior:auto}}
body{margin:0;overflow-wrap:anywhere;background:var(--bg);color:var(--ink);font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif;font-variant-numeric:tabular-nums}
main,footer{max-width:1120px;margin:0 auto;padding:0 24px}
main{padding-top:40px}
footer{padding-top:24px;padding-bottom:48px;color:var(--dim);font-size:13px}
h1,h2,h3,p,dl,dd,figure,ul{margin:0}
h1{font-size:28px;line-height:1.25;font-weight:650;letter-spacing:-.01em}
h2{font-size:20px;line-height:1.3;font-weight:650;letter-spacing:-.005em}
h3{font-size:15px;font-weight:650;margin-top:36px}
.brand{color:var(--dim);font-size:13px;margin-bottom:4px}
.says{color:var(--dim);max-width:72ch;margin-top:4px}
.says strong{color:var(--ink);font-weight:600}
.note{margin-top:16px;color:var(--dim)}
code{font:.92em ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
section{padding-top:64px}
nav{display:flex;flex-wrap:wrap;gap:4px 20px;margin-top:28px;padding-top:12px;border-top:1px solid var(--grid);font-size:14px}
a{color:var(--main);text-underline-offset:3px;text-decoration-thickness:1px}
.tiles{display:grid;grid-template-columns:repeat(7,auto);justify-content:space-between;gap:28px 24px;margin-top:32px}
.tiles dt{color:var(--dim);font-size:13px;line-height:1.35}
.tiles dd{font-size:26px;line-height:1.25;font-weight:600;letter-spacing:-.015em;margin-top:2px}
.tiles dd{white-space:nowrap}
.tiles dd.more{white-space:normal}
.tiles small{font-size:15px;font-weight:500;letter-spacing:0;color:var(--dim)}
.tiles dd.more{font-size:13px;line-height:1.4;font-weight:400;letter-spacing:0;color:var(--dim);margin:0}
:focus-visible{outline:2px solid var(--main);outline-offset:2px;border-radius:2px}
`;

const CHARTS = `
.panels{display:grid;gap:20px;margin-top:24px}
figcaption{display:flex;flex-wrap:wrap;gap:0 10px;align-items:baseline;font-size:13px;margin-bottom:6px}
figcaption b{font-weight:600}
figcaption span{color:var(--dim)}
.phases figcaption{display:grid;grid-template-columns:76px repeat(4,112px);gap:0}
figcaption span b{color:var(--ink);font-weight:500}
.plot{display:grid;grid-template-columns:64px minmax(0,1fr);column-gap:8px;position:relative}
.plot.named{grid-template-columns:208px minmax(0,1fr)}
section>.plot,#chrono{margin-top:20px}
.plot svg{display:block;width:100%;overflow:visible}
svg text{font-size:12px;fill:var(--dim)}
.y text{text-anchor:end}
.named .y text{fill:var(--ink)}
#chrono .y .wide{fill:var(--dim);text-anchor:start}
.tiny{stroke:var(--dim);stroke-width:1.2;stroke-linecap:square;vector-effect:non-scaling-stroke}
.narrow{display:none}
.grid line{stroke:var(--grid);shape-rendering:crispEdges}
.grid .base{stroke:var(--edge)}
.s path{fill:none}
.s .line{stroke:var(--main);stroke-width:1.5;vector-effect:non-scaling-stroke;stroke-linejoin:round}
.s .area{fill:var(--fill)}
.s .line.failed{stroke:var(--bad)}.s .area.failed{fill:var(--badfill)}
.s .line.flight{stroke:var(--flight)}.s .area.flight{fill:var(--flightfill)}
line.run{stroke:var(--ink);stroke-dasharray:4 3;shape-rendering:crispEdges}
text.run{fill:var(--ink);font-weight:600;paint-order:stroke;stroke:var(--bg);stroke-width:4px}
.s .col{stroke:none;fill:var(--main);fill-opacity:.72}
.s .h0{fill:var(--p0)}.s .h1{fill:var(--p1)}.s .h2{fill:var(--p2)}.s .h3{fill:var(--p3)}.s .h4{fill:var(--p4)}.s .h5{fill:var(--p5)}.s .ht{fill:var(--dim)}
.k50,.k90,.k95,.k99{stroke:var(--ink);stroke-width:1.5}
.k90,.k95{stroke-dasharray:5 3;stroke-width:1}
.k99{stroke-dasharray:1.5 3}
.s .tiny{stroke:var(--dim)}.s .p0{stroke:var(--p0)}.s .p1{stroke:var(--p1)}.s .p2{stroke:var(--p2)}.s .p3{stroke:var(--p3)}.s .p4{stroke:var(--p4)}.s .p5{stroke:var(--p5)}
.s .fail,.s .skip{stroke:var(--bad);stroke-width:6;stroke-linecap:round;vector-effect:non-scaling-stroke}
.s .many.many{stroke-width:2.5}
.s .skip{stroke:var(--flight);stroke-linecap:square;stroke-width:5}
.range{stroke:var(--main);stroke-width:2}
.half,.dot,.best{fill:var(--main)}
.dot{opacity:.6}.best{stroke:var(--ink);stroke-width:2}
.most{stroke:var(--main);stroke-width:3}
.legend{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:6px 18px;margin-top:16px;font-size:13px}
.legend li{display:flex;align-items:center;gap:7px}
.legend i{width:18px;height:14px;display:block;background:linear-gradient(currentColor,currentColor) center/100% var(--t,100%) no-repeat}
.legend .p0{color:var(--p0);--t:2px}.legend .p1{color:var(--p1);--t:4px}.legend .p2{color:var(--p2);--t:6px}.legend .p3{color:var(--p3);--t:8px}.legend .p4{color:var(--p4);--t:11px}.legend .p5{color:var(--p5);--t:14px}
.legend .fail{color:var(--bad);width:10px;height:10px;border-radius:50%}
.legend .skip{color:var(--flight);width:9px;height:9px}
.legend .k50,.legend .k90,.legend .k99{width:0;background:none;border-left:2px solid var(--ink);height:16px}
.legend .k90{border-left-style:dashed;border-left-width:1px}
.legend .k99{border-left-style:dotted}
#lines{touch-action:pan-y;cursor:crosshair;user-select:none;-webkit-user-select:none}
#lines:focus:not(:focus-visible){outline:0}
#lines:focus-visible{outline-offset:4px}
#chrono .bar{display:flex;gap:16px;align-items:flex-start;position:sticky;top:0;z-index:2;background:var(--bg);padding:8px 0;font-size:13px;min-height:56px}
.tools{display:flex;flex:none}
.tools button{font:inherit;font-size:14px;min-width:36px;height:32px;padding:0 10px;border:1px solid var(--edge);background:var(--bg);color:var(--ink);margin-left:-1px;cursor:pointer}
.tools button:first-child{border-radius:6px 0 0 6px;margin:0}.tools button:last-child{border-radius:0 6px 6px 0}
.tools button:disabled{color:var(--dim);cursor:default}
.what{color:var(--dim);min-width:0;overflow-wrap:anywhere;max-height:8em;overflow:auto}
.what b{color:var(--ink);font-weight:600}.what span{display:block}
.band,.brush{position:absolute;pointer-events:none;background:var(--hit)}
.band{left:0;right:0}
.brush{border:1px solid var(--main);background:var(--fill)}
[hidden]{display:none!important}
`;

const TABLES = `
.numbers{margin-top:14px;font-size:14px}
summary{cursor:pointer}
.numbers>summary{color:var(--main);width:max-content;max-width:100%}
.box{overflow:auto;max-height:min(70vh,640px);margin-top:12px;border-block:1px solid var(--grid);background:linear-gradient(90deg,var(--bg) 30px,transparent) left/60px 100% no-repeat local,linear-gradient(270deg,var(--bg) 30px,transparent) right/60px 100% no-repeat local,linear-gradient(90deg,var(--shade),transparent) left/14px 100% no-repeat scroll,linear-gradient(270deg,var(--shade),transparent) right/14px 100% no-repeat scroll}
.box.part{max-height:none;margin-top:16px}
table{border-collapse:separate;border-spacing:0;width:100%;font-size:13px;line-height:1.45}
caption{text-align:left;color:var(--dim);padding:8px 0 6px;position:sticky;left:0}
.part caption{position:absolute;clip-path:inset(50%);height:1px;width:1px;overflow:hidden}
.part caption:has(.filter){position:sticky;clip-path:none;height:auto;width:auto}
th,td{padding:5px 0 5px 20px;text-align:right;vertical-align:top;white-space:nowrap}
th{font-weight:600;position:sticky;top:0;background:var(--bg);border-bottom:1px solid var(--edge);z-index:1}
td{border-bottom:1px solid var(--grid)}
tr:last-child td{border-bottom:0}
thead td{border-bottom:1px solid var(--edge)}
tr>:first-child{padding-left:0}
.t,.u,.w{text-align:left}
.u,.w{white-space:normal;overflow-wrap:anywhere;min-width:180px}
.u{min-width:240px}
.box:not(.part) .u{width:42%}
.b{width:34%;min-width:120px;padding-top:9px}
th button{font:inherit;color:inherit;background:none;border:0;padding:0;margin:0;cursor:pointer}
th button:hover{text-decoration:underline;text-underline-offset:3px}
[aria-sort] button::after{content:" ↓"}[aria-sort=ascending] button::after{content:" ↑"}
.filter{float:right;color:var(--ink)}
.filter input{font:inherit;color:inherit;background:var(--bg);border:1px solid var(--edge);border-radius:6px;padding:2px 8px;width:180px;margin-left:4px}
.filter output{margin-left:10px;color:var(--dim)}
svg.bar{display:block}
.bar rect{fill:var(--main)}
.bar.lost rect,.bar .lost{fill:var(--bad)}
.bar.again rect{fill:var(--p1)}
.bar.part rect{fill:var(--edge)}.bar.part .lost{fill:var(--bad)}
td code{color:var(--dim);margin-left:8px}
.yes{color:var(--good);font-weight:500}
td details summary{list-style:none}
td details summary::after{content:" ▸";color:var(--dim)}
td details[open] summary{color:var(--dim)}
td details[open] summary::after{content:" ▾"}
`;

const SMALL = `
@media (max-width:1000px){.tiles{grid-template-columns:repeat(4,1fr)}}
@media (max-width:640px){
main,footer{padding-left:16px;padding-right:16px}
main{padding-top:24px}
section{padding-top:48px}
h1{font-size:23px}
.tiles{grid-template-columns:1fr 1fr;gap:22px 16px}
.tiles dd{font-size:23px}
.tiles div:last-child{grid-column:1/-1}
.plot{grid-template-columns:52px minmax(0,1fr)}
.plot.named{grid-template-columns:104px minmax(0,1fr)}
#chrono .plot{grid-template-columns:36px minmax(0,1fr)}
.x .odd,.wide{display:none}
.phases figcaption{grid-template-columns:repeat(4,1fr)}
.phases figcaption>b{grid-column:1/-1}
.narrow{display:inline}
.b{width:22%;min-width:72px}
th,td{padding-left:14px}
.part .u{min-width:148px}
td code{display:block;margin:0}
.part td.t{white-space:normal}
.filter{float:none;display:block;margin-top:6px}
#chrono .bar{flex-direction:column;gap:6px;min-height:112px}
}
`;

/** Of the long table: two or three sheets. */
export const PRINTED_ROWS = 100;

const PRINT = `
@media print{
:root{color-scheme:light;${LIGHT}--bg:#fff}
body{font-size:11px;print-color-adjust:exact;-webkit-print-color-adjust:exact}
main,footer{max-width:none;padding:0}
section{padding-top:24px}
nav,.filter,.tools,#chrono .bar,.numbers:not([open]){display:none}
figure,.plot,.tiles,.says,.legend,tr{break-inside:avoid}
h2,h3,.says,figcaption,.legend{break-after:avoid}
.tiles{grid-template-columns:repeat(4,1fr);gap:14px 16px}
.tiles dd{font-size:20px}
.box{max-height:none;overflow:visible;border:0;background:none}
th{position:static}
table{font-size:9px}
th,td{padding-left:8px}
.u{min-width:0}
.w{min-width:110px}
#rows tr:nth-child(n+${PRINTED_ROWS + 1}){display:none}
.after{display:block}
@page{margin:14mm}
}
`;

export const STYLES = `:root{color-scheme:light dark;${LIGHT}}
@media (prefers-color-scheme:dark){:root{${DARK}}}
.after{display:none}
${TEXT.trim()}
${CHARTS.trim()}
${TABLES.trim()}
${SMALL.trim()}
${PRINT.trim()}
`;
