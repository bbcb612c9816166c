import JSONText
import TaskEngine

/// The checked input of an `http.request`.
struct HTTPRequestInput: Sendable {
    static let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    static let defaultTimeout = Duration.seconds(30)
    static let longestTimeout: Int64 = 3_600_000

    let method: String
    let url: OutgoingURL
    /// In the client's order and spelling.
    let headers: [(name: String, value: String)]
    let body: [UInt8]
    let expected: StatusExpectation
    let timeout: Duration

    /// What is wrong with an input, all of it.
    struct Invalid: Error {
        let faults: [InputFault]

        /// One sentence for people; holds no values.
        var message: String { faults.map(Self.sentence).joined(separator: "; ") }

        private static func sentence(_ fault: InputFault) -> String {
            switch fault.path.count {
            case 0: "the input \(fault.problem)"
            case 1: "'\(fault.path[0])' \(fault.problem)"
            default: "the header '\(fault.path[1])' \(fault.problem)"
            }
        }
    }

    /// What is wrong with an input; empty when nothing is.
    static func check(_ text: String) -> [InputFault] {
        do {
            _ = try HTTPRequestInput(text)
            return []
        } catch {
            return error.faults
        }
    }

    /// - Parameter text: the task's input.
    init(_ text: String) throws(Invalid) {
        guard let document = try? JSONDocument(parsing: text), document.root.kind == .object else {
            throw Invalid(faults: [InputFault([], "is not a JSON object")])
        }
        var reader = HTTPRequestReader(members: document.root.members)
        let body = reader.body()
        method = reader.method(hasBody: body != nil)
        let url = reader.url()
        headers = reader.headers(isJSON: body?.isJSON ?? false)
        self.body = body?.bytes ?? []
        expected = reader.expected()
        timeout = reader.timeout()
        reader.refuseUnknown()
        guard let url, reader.faults.isEmpty else { throw Invalid(faults: reader.faults) }
        self.url = url
    }
}

/// Reads the members of the input and collects what is wrong with them.
private struct HTTPRequestReader {
    let members: [(key: String, value: JSONValue)]
    var faults: [InputFault] = []
    private static let known: Set<String> = ["method", "url", "headers", "body", "expect_status", "timeout_ms"]
    /// More unknown fields than this are not all named.
    private static let mostNamed = 10

    init(members: [(key: String, value: JSONValue)]) {
        self.members = members
    }

    /// Nil when it is absent or `null`.
    private func value(_ key: String) -> JSONValue? {
        members.first { $0.key == key }.flatMap { $0.value.isNull ? nil : $0.value }
    }

    mutating func method(hasBody: Bool) -> String {
        guard let value = value("method") else { return hasBody ? "POST" : "GET" }
        guard let method = value.string?.uppercased(), HTTPRequestInput.methods.contains(method) else {
            fault("method", problem: "must be one of \(HTTPRequestInput.methods.joined(separator: ", "))")
            return ""
        }
        return method
    }

    mutating func url() -> OutgoingURL? {
        guard let text = value("url")?.string else {
            fault("url", problem: value("url") == nil ? "is required" : "must be a string")
            return nil
        }
        do {
            return try OutgoingURL(text)
        } catch {
            fault("url", problem: error.reason)
            return nil
        }
    }

    /// Text is sent as it is, any other value as the JSON that the client wrote.
    func body() -> (bytes: [UInt8], isJSON: Bool)? {
        guard let value = value("body") else { return nil }
        if let text = value.string { return (Array(text.utf8), false) }
        return (Array(value.rawBytes), true)
    }

    mutating func headers(isJSON: Bool) -> [(name: String, value: String)] {
        var headers: [(name: String, value: String)] = []
        if let value = value("headers") {
            guard value.kind == .object else {
                fault("headers", problem: "must be an object of strings")
                return []
            }
            headers = read(value.members)
        }
        if isJSON, !headers.contains(where: { $0.name.lowercased() == "content-type" }) {
            headers.append(("Content-Type", "application/json"))
        }
        return headers
    }

    private mutating func read(_ members: [(key: String, value: JSONValue)]) -> [(name: String, value: String)] {
        guard members.count <= HeaderRules.mostHeaders else {
            fault("headers", problem: "has more than \(HeaderRules.mostHeaders) members")
            return []
        }
        var names: Set<String> = []
        var bytes = 0
        let headers = members.compactMap { member -> (name: String, value: String)? in
            guard let text = member.value.string else {
                fault("headers", Self.shown(member.key), problem: "must be a string")
                return nil
            }
            let value = text.trimming()
            if let problem = HeaderRules.problem(name: member.key, value: value) {
                fault("headers", Self.shown(member.key), problem: problem)
            } else if !names.insert(member.key.lowercased()).inserted {
                fault("headers", Self.shown(member.key), problem: "is there twice")
            }
            bytes += member.key.utf8.count + value.utf8.count
            return (member.key, value)
        }
        if bytes > HeaderRules.mostBytes { fault("headers", problem: "is longer than \(HeaderRules.mostBytes) bytes") }
        return headers
    }

    mutating func expected() -> StatusExpectation {
        guard let value = value("expect_status") else { return .success }
        guard let expected = StatusExpectation(value) else {
            fault("expect_status", problem: "must be a status such as 204, \"2xx\" or \"200-204\", or an array of these")
            return .success
        }
        return expected
    }

    mutating func timeout() -> Duration {
        guard let value = value("timeout_ms") else { return HTTPRequestInput.defaultTimeout }
        guard let number = value.int64, (1...HTTPRequestInput.longestTimeout).contains(number) else {
            fault("timeout_ms", problem: "must be a whole number from 1 to \(HTTPRequestInput.longestTimeout)")
            return HTTPRequestInput.defaultTimeout
        }
        return .milliseconds(number)
    }

    mutating func refuseUnknown() {
        let unknown = members.filter { !Self.known.contains($0.key) }
        for member in unknown.prefix(Self.mostNamed) { fault(Self.shown(member.key), problem: "is not a known field") }
    }

    private mutating func fault(_ place: String..., problem: String) {
        faults.append(InputFault(place, problem))
    }

    /// A client's own word, cut and without what would break a line.
    private static func shown(_ name: String) -> String {
        String(String(name.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? " " : Character($0) }).prefix(60))
    }
}
