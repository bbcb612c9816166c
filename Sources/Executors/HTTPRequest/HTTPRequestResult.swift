import Foundation
import JSONText

/// How an answer is kept as a task's result.
enum HTTPRequestResult {
    /// Stands in place of the value of a header that holds a secret.
    static let mask = "********"

    /// JSON text: `{status, headers, body, body_encoding, truncated, duration_ms}`.
    static func json(_ response: OutgoingResponse, duration: Duration) -> String {
        let text = text(of: response)
        var writer = JSONWriter(capacity: response.body.count + 1024)
        writer.object { writer in
            writer.field("status", response.status)
            writer.key("headers")
            writer.object { writer in
                for header in merged(response.headers) { writer.field(header.name, header.value) }
            }
            writer.field("body", text ?? Data(response.body).base64EncodedString())
            writer.field("body_encoding", text == nil ? "base64" : "text")
            writer.field("truncated", response.isTruncated)
            writer.field("duration_ms", duration.wholeMilliseconds)
        }
        return writer.text
    }

    /// The body as text; nil when it is not UTF-8. A character that was cut in two at the limit is left out.
    static func text(of response: OutgoingResponse) -> String? {
        if let text = String(validating: response.body, as: UTF8.self) { return text }
        guard response.isTruncated else { return nil }
        return (1...3).lazy.compactMap { String(validating: response.body.dropLast($0), as: UTF8.self) }.first
    }

    /// Names in lower case; values of one name joined as RFC 9110 section 5.2 says; secrets masked.
    private static func merged(_ headers: [(name: String, value: String)]) -> [(name: String, value: String)] {
        var order: [String] = []
        var values: [String: [String]] = [:]
        for header in headers {
            let name = header.name.lowercased()
            if values[name] == nil { order.append(name) }
            values[name, default: []].append(header.value)
        }
        return order.map { ($0, HeaderRules.isSecret($0) ? mask : (values[$0] ?? []).joined(separator: ", ")) }
    }
}

extension Duration {
    /// Whole milliseconds.
    var wholeMilliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
