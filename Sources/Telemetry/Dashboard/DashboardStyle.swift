/// How the page looks, light and dark.
enum DashboardStyle {
    /// Eight colours that can be told apart with any kind of sight, on white and on near black; the last is for the rest.
    private static let light = ["#2a6fdb", "#e0731d", "#0d9488", "#c2378b", "#7a5af0", "#7c8a10", "#d43f3a", "#76808d"]
    private static let dark = ["#6ea8ff", "#ff9f4a", "#2dd4bf", "#f27dbb", "#a793ff", "#b7c63c", "#ff7b72", "#98a2b0"]

    static var css: String {
        let shades = (1...HeatMap.shadeCount).map { level in
            let share = Double(level) / Double(HeatMap.shadeCount)
            return ".h\(level){--s:color-mix(in srgb,var(--c0) \(NumberText.fixed(8 + 92 * share, 0))%,var(--card))}"
        }
        let classes = light.indices.map { ".c\($0){--c:var(--c\($0))}" }
        return """
            :root{--page:#f4f5f7;--card:#fff;--edge:#e3e6ea;--ink:#1b2129;--soft:#667180;--grid:#e9ecef;\(variables(light))}
            @media (prefers-color-scheme:dark){:root{--page:#0f1318;--card:#181d24;--edge:#262d37;--ink:#e8ebef;--soft:#95a0ae;\
            --grid:#262d37;\(variables(dark))}}
            *{box-sizing:border-box}
            body{margin:0;background:var(--page);color:var(--ink);font:15px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,\
            "Helvetica Neue",Arial,sans-serif;-webkit-text-size-adjust:100%}
            header{display:flex;flex-wrap:wrap;align-items:baseline;gap:4px 20px;padding:22px 24px 4px;max-width:1480px;margin:auto}
            h1{font-size:24px;font-weight:650;letter-spacing:-.01em;margin:0}
            header p{margin:0;color:var(--soft);font-size:14px}
            main{padding:0 24px 32px;max-width:1480px;margin:auto}
            h2{font-size:13px;font-weight:600;margin:22px 0 10px;color:var(--soft);letter-spacing:.02em}
            h1,h2,header p,figcaption,.none{overflow-wrap:anywhere;min-width:0}
            .row{display:flex;flex-wrap:wrap;gap:14px}
            figure{margin:0;background:var(--card);border:1px solid var(--edge);border-radius:10px;padding:14px 16px 12px;min-width:0;\
            display:flex;flex-direction:column;overflow:hidden}
            .chart{flex:1 1 380px}
            .stat{flex:1 1 170px;padding-bottom:0}
            figcaption{font-weight:600;font-size:14px;margin-bottom:6px}
            .stat figcaption{color:var(--soft);font-weight:500;margin:0}
            .big{font-size:30px;font-weight:650;letter-spacing:-.02em;margin:2px 0 8px;font-variant-numeric:tabular-nums}
            svg{display:block;width:100%;height:auto;overflow:visible}
            .spark{height:44px;width:calc(100% + 32px);margin:auto -16px 0}
            .tick{fill:var(--soft);font-size:10.5px;font-variant-numeric:tabular-nums}
            .grid path{stroke:var(--grid);stroke-width:1;shape-rendering:crispEdges}
            .line{fill:none;stroke:var(--c);stroke-width:1.7;stroke-linejoin:round;stroke-linecap:round;vector-effect:non-scaling-stroke}
            .area{fill:var(--c);fill-opacity:.32}
            .under{fill:var(--c);fill-opacity:.12}
            .dot{fill:var(--c)}
            svg .heat{fill:var(--s);shape-rendering:crispEdges}
            .hint rect{fill:transparent}
            .hint g:hover rect{fill:var(--ink);fill-opacity:.07}
            .tell{display:none;pointer-events:none;fill:var(--ink);font-size:11px;font-variant-numeric:tabular-nums;paint-order:stroke;\
            stroke:var(--card);stroke-width:4px;stroke-linejoin:round}
            .hint g:hover .tell{display:block}
            .legend{list-style:none;margin:6px 0 0;padding:0;display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));\
            gap:3px 18px;font-size:13px}
            .legend li{display:flex;align-items:center;gap:7px;min-width:0}
            .legend i{flex:none;width:10px;height:10px;border-radius:3px;background:var(--c)}
            .legend span{overflow:hidden;text-overflow:ellipsis;white-space:nowrap;color:var(--soft)}
            .legend b{margin-left:auto;font-weight:600;white-space:nowrap;font-variant-numeric:tabular-nums}
            .shades{display:flex;align-items:center;gap:2px;margin:8px 0 0;font-size:12.5px;color:var(--soft)}
            .shades span:first-child{margin-right:6px}.shades span:last-child{margin-left:6px}
            .shades i{width:16px;height:10px;background:var(--s)}
            .none{color:var(--soft);margin:auto;padding:34px 8px;text-align:center;font-size:14px}
            @media (max-width:560px){header{padding:16px 14px 0}main{padding:0 12px 24px}.chart{flex-basis:100%}.stat{flex-basis:calc(50% - 7px)}\
            figure{padding:12px 12px 10px}.stat{padding-bottom:0}.spark{width:calc(100% + 24px);margin:auto -12px 0}.tick,.tell{font-size:12px}.big{font-size:26px}}
            @media (max-width:480px){.tick,.tell{font-size:14px}}
            @media (max-width:420px){.tick,.tell{font-size:16px}}
            \(classes.joined())\(shades.joined())
            """
    }

    private static func variables(_ colors: [String]) -> String {
        colors.enumerated().map { "--c\($0.offset):\($0.element)" }.joined(separator: ";")
    }
}
