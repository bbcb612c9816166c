/// Writes the Prometheus text format, version 0.0.4.
package struct PrometheusText: Sendable {
    /// What the samples of a family mean.
    package enum Kind: String, Sendable {
        case counter, gauge, histogram, untyped
    }

    /// `Content-Type` of an answer in this format.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// The text so far.
    package private(set) var text = ""

    /// Creates an empty text.
    package init() {}

    /// Begins a family; its samples follow. A name may come once in a text.
    /// - Parameter help: One sentence; nil leaves the line out.
    package mutating func family(_ name: String, _ kind: Kind, help: String? = nil) {
        if let help { text += "# HELP \(name) \(Self.escape(help, quotes: false))\n" }
        text += "# TYPE \(name) \(kind.rawValue)\n"
    }

    /// Writes a sample.
    /// - Parameter name: The family's, with `_bucket`, `_sum` or `_count` behind it in a histogram.
    package mutating func sample(_ name: String, labels: [(String, String)] = [], _ value: Double) {
        text += name
        if !labels.isEmpty {
            text += "{"
            text += labels.map { "\($0.0)=\"\(Self.escape($0.1, quotes: true))\"" }.joined(separator: ",")
            text += "}"
        }
        text += " \(Self.format(value))\n"
    }

    /// Writes a sample.
    package mutating func sample(_ name: String, labels: [(String, String)] = [], _ value: Int) {
        sample(name, labels: labels, Double(value))
    }

    /// Writes a gauge with one sample.
    package mutating func gauge(_ name: String, help: String, _ value: Double) {
        family(name, .gauge, help: help)
        sample(name, value)
    }

    /// Whole numbers without a point, the rest in the shortest form that reads back the same.
    static func format(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
        return value.description
    }

    private static func escape(_ text: String, quotes: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
