/// Writes the elements of a drawing. All text from outside goes through ``escape(_:)``.
struct SVGWriter {
    private var text = ""

    mutating func begin(width: Int, height: Int, title: String, description: String) {
        text += """
            <svg xmlns="http://www.w3.org/2000/svg" class="mr-graph" role="img" aria-labelledby="mr-title mr-desc" \
            viewBox="0 0 \(width) \(height)" width="\(width)" height="\(height)">
            <title id="mr-title">\(Self.escape(title))</title>
            <desc id="mr-desc">\(Self.escape(description))</desc>
            <style>\(DrawingStyle.sheet)</style>
            <defs><marker id="mr-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">\
            <path class="mr-head" d="M0 0 8 4 0 8z"/></marker></defs>

            """
    }

    mutating func finish() -> String {
        text += "</svg>\n"
        return text
    }

    mutating func line(_ line: DrawingEdges.Line) {
        let (a, b) = (line.from, line.to)
        let bend = max((b.x - a.x) / 2, 12)
        let way = a.y == b.y ? "H\(b.x)" : "C\(a.x + bend) \(a.y) \(b.x - bend) \(b.y) \(b.x) \(b.y)"
        text += "<path class=\"mr-edge\" d=\"M\(a.x) \(a.y)\(way)\""
        text += line.hasArrow ? " marker-end=\"url(#mr-arrow)\"/>\n" : "/>\n"
    }

    mutating func junction(_ point: DrawingLayout.Point) {
        text += "<circle class=\"mr-join\" cx=\"\(point.x)\" cy=\"\(point.y)\" r=\"4\"/>\n"
    }

    mutating func note(_ note: String, y: Int) {
        text += "<text class=\"mr-small\" x=\"\(DrawingLayout.margin)\" y=\"\(y)\">\(Self.escape(note))</text>\n"
    }

    /// A node, or the rest of a level.
    mutating func box(_ nodes: [Int], at corner: DrawingLayout.Point, _ plan: WorkflowPlan, _ marks: [WorkflowDrawing.Mark]) {
        if nodes.count > 1 {
            many(nodes.map { marks[$0] }, at: corner)
        } else if let node = nodes.first {
            let face = NodeFace(plan, node, marks[node])
            open(corner, "mr-node mr-\(face.state?.rawValue ?? "none")", title: face.title)
            shape(face.outline)
            if let state = face.state { text += "<path class=\"mr-sign\" d=\"\(DrawingStyle.sign(state))\"/>" }
            words(face.name, face.line)
        }
    }

    private mutating func many(_ marks: [WorkflowDrawing.Mark], at corner: DrawingLayout.Point) {
        let states = WorkflowDrawing.states(marks)
        open(corner, "mr-node mr-more", title: "\(marks.count) more nodes" + (states.isEmpty ? "" : ": \(states)"))
        shape(.stack)
        words("+\(marks.count) more", states)
    }

    private mutating func open(_ corner: DrawingLayout.Point, _ style: String, title: String) {
        text += "<g class=\"\(style)\" transform=\"translate(\(corner.x) \(corner.y))\"><title>\(Self.escape(title))</title>"
    }

    private mutating func words(_ name: String, _ line: String) {
        text += "<text class=\"mr-name\" x=\"34\" y=\"20\">\(Self.escape(Self.shortened(name, to: 22)))</text>"
        text += "<text class=\"mr-small\" x=\"34\" y=\"36\">\(Self.escape(Self.shortened(line, to: 28)))</text></g>\n"
    }

    private mutating func shape(_ outline: NodeFace.Outline) {
        let (width, height) = (DrawingLayout.boxWidth, DrawingLayout.boxHeight)
        switch outline {
        case .plain: text += "<rect class=\"mr-box\" width=\"\(width)\" height=\"\(height)\" rx=\"7\"/>"
        case .round: text += "<rect class=\"mr-box\" width=\"\(width)\" height=\"\(height)\" rx=\"\(height / 2)\"/>"
        case .stack:
            text += "<rect class=\"mr-box\" x=\"5\" y=\"-5\" width=\"\(width)\" height=\"\(height)\" rx=\"7\"/>"
            text += "<rect class=\"mr-box\" width=\"\(width)\" height=\"\(height)\" rx=\"7\"/>"
        case .double:
            text += "<rect class=\"mr-box\" width=\"\(width)\" height=\"\(height)\" rx=\"7\"/>"
            text += "<rect class=\"mr-line\" x=\"4\" y=\"4\" width=\"\(width - 8)\" height=\"\(height - 8)\" rx=\"4\"/>"
        case .pointed:
            text += "<path class=\"mr-box\" d=\"M14 0H\(width - 14)L\(width) \(height / 2) \(width - 14) \(height)H14L0 \(height / 2)z\"/>"
        }
    }

    static func shortened(_ text: String, to count: Int) -> String {
        text.count <= count ? text : text.prefix(count - 1) + "…"
    }

    /// Text that may stand in an element or an attribute. What XML 1.0 cannot hold becomes U+FFFD.
    static func escape(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result.append(contentsOf: "&amp;".unicodeScalars)
            case "<": result.append(contentsOf: "&lt;".unicodeScalars)
            case ">": result.append(contentsOf: "&gt;".unicodeScalars)
            case "\"": result.append(contentsOf: "&quot;".unicodeScalars)
            case "'": result.append(contentsOf: "&#39;".unicodeScalars)
            case "\t", "\n", "\r": result.append(" ")
            case "\u{0}"..<" ", "\u{FFFE}", "\u{FFFF}": result.append("\u{FFFD}")
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}
