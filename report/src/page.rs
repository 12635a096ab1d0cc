//! The page around the results: one file that needs no other.

use tracecast_experiment::picture::Escaped;

use super::html::Html;

/// A part of the page.
#[derive(Debug)]
pub(super) struct Section {
    /// What it shows, such as a prediction.
    pub(super) kind: &'static str,
    /// Where it is from.
    pub(super) name: String,
    pub(super) body: Html,
}

/// Colors are those of Okabe and Ito, darkened or lightened for the ground that they stand on.
const STYLE: &str = "\
:root{color-scheme:light dark;--ground:#fff;--text:#1d1d1f;--soft:#5b5b63;--line:#d9d9de;--band:#f4f4f7;--warn:#fdf1dc;\
--c0:#0072b2;--c1:#d55e00;--c2:#008a64;--c3:#a8518a;--c4:#a87400;--c5:#3d8fc0}
@media (prefers-color-scheme:dark){:root{--ground:#16171a;--text:#e8e8ea;--soft:#a3a3ad;--line:#3a3b42;--band:#202126;\
--warn:#3d3016;--c0:#56a9e0;--c1:#f08a4b;--c2:#3cc79e;--c3:#dc92bf;--c4:#e0b040;--c5:#8cc8ee}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem clamp(.8rem,3vw,2.5rem) 4rem;max-width:82rem;background:var(--ground);color:var(--text);\
font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}
h1{font-size:1.7rem;line-height:1.25;margin:.3rem 0 1rem}
h2{font-size:1.3rem;line-height:1.3;margin:0 0 .2rem;overflow-wrap:anywhere}
h2 span{font-weight:400}
h3{font-size:1.05rem;margin:1.8rem 0 .5rem}
p{margin:.4rem 0;max-width:75ch;overflow-wrap:anywhere}
nav ol{margin:.3rem 0 1rem;padding-left:1.5rem}
a{color:var(--c0)}
section{border-top:1px solid var(--line);padding-top:1.4rem;margin-top:2.4rem}
.note{color:var(--soft);font-size:.9rem}
.warning{background:var(--warn);padding:.45rem .8rem;border-radius:.3rem}
.scroll{overflow:auto;margin:.5rem 0 1rem}
.long{max-height:44rem;border:1px solid var(--line);padding:0 .8rem}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{padding:.28rem .8rem .28rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
td{max-width:26rem;overflow-wrap:break-word}
td:first-child{min-width:6.5rem}
th{position:sticky;top:0;background:var(--ground);color:var(--soft);font-weight:600}
th.n,td.n{text-align:right;white-space:nowrap;padding-left:.8rem}
.charts{columns:27rem 2;column-gap:2rem}
figure{margin:0 0 1.4rem;break-inside:avoid;min-width:0}
figcaption{font-weight:600;font-size:.95rem;margin-bottom:.3rem;overflow-wrap:anywhere}
figure>svg{display:block;width:100%;max-width:34rem;height:auto;font-size:13px;\
font-family:system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}
svg .t{fill:var(--text)}svg .u{fill:var(--soft)}
svg .g{stroke:var(--line);stroke-width:1}svg .a{stroke:var(--soft);stroke-width:1}
svg .w{stroke:var(--text);stroke-width:1.4;fill:none}
svg .d{stroke:var(--soft);stroke-dasharray:5 4;fill:none}
.s0{--s:var(--c0)}.s1{--s:var(--c1)}.s2{--s:var(--c2)}.s3{--s:var(--c3)}.s4{--s:var(--c4)}.s5{--s:var(--c5)}
svg .f{fill:var(--s)}svg .l{stroke:var(--s);stroke-width:2;fill:none;stroke-linejoin:round}
svg .b{fill:var(--s);fill-opacity:.18}svg .o{stroke:var(--s);stroke-width:1.6;fill:var(--ground)}
.legend{list-style:none;margin:.3rem 0;padding:0;display:flex;flex-wrap:wrap;gap:.1rem 1.1rem;font-size:.88rem}
.key{display:inline-block;width:.8rem;height:.8rem;border-radius:.15rem;margin-right:.4rem;background:var(--s);\
vertical-align:-.08rem}
.picture{overflow-x:auto;margin:.8rem 0}
.picture svg{min-width:44rem;max-width:100%;height:auto;display:block}
@media (prefers-color-scheme:dark){.picture svg{filter:invert(.91) hue-rotate(180deg)}}
@media print{:root{color-scheme:light;--ground:#fff;--text:#000;--soft:#444;--line:#bbb;--band:#eee;--warn:#f2f2f2;\
--c0:#0072b2;--c1:#d55e00;--c2:#008a64;--c3:#a8518a;--c4:#a87400;--c5:#3d8fc0}\
body{padding:0;max-width:none;font-size:10pt}.scroll,.long{max-height:none;overflow:visible;border:0;padding:0}th{position:static}\
tr,figure{break-inside:avoid}section{break-before:auto}.picture svg{filter:none;min-width:0;width:100%}\
.charts{columns:2}}
";

/// The whole page.
pub(super) fn page(title: &str, sections: &[Section]) -> String {
    let mut out = String::from("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n");
    out.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n");
    out.push_str("<meta name=\"generator\" content=\"tracecast\"/>\n");
    out.push_str(&format!("<title>{0}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n", Escaped(title)));
    out.push_str(&format!("<h1>{}</h1>\n", Escaped(title)));
    if sections.len() > 1 {
        let entry = |(i, section): (usize, &Section)| {
            format!("<li><a href=\"#r{}\">{}: {}</a></li>\n", i + 1, section.kind, Escaped(&section.name))
        };
        let entries: String = sections.iter().enumerate().map(entry).collect();
        out.push_str(&format!("<nav aria-label=\"Contents\"><ol>\n{entries}</ol></nav>\n"));
    }
    for (i, section) in sections.iter().enumerate() {
        out.push_str(&format!(
            "<section id=\"r{}\">\n<h2>{}<span>: {}</span></h2>\n{}</section>\n",
            i + 1,
            section.kind,
            Escaped(&section.name),
            section.body.text()
        ));
    }
    out.push_str("</body>\n</html>\n");
    out
}
