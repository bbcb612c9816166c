/// One request to another server.
package struct OutgoingRequest: Sendable {
    /// In capitals, e.g. `POST`.
    package var method: String
    /// Where it goes.
    package var url: OutgoingURL
    /// In order. `Host` and what frames the message are the client's own affair and not among them.
    package var headers: [(name: String, value: String)]
    /// Empty sends none.
    package var body: [UInt8]
    /// For everything together: looking the name up, connecting, sending, and receiving the last byte.
    package var timeout: Duration
    /// Bytes of the answer's body that are kept; the rest is not read.
    package var mostBodyBytes: Int

    /// A request; nothing is checked here.
    package init(
        method: String, url: OutgoingURL, headers: [(name: String, value: String)] = [], body: [UInt8] = [],
        timeout: Duration = .seconds(30), mostBodyBytes: Int = 1 << 20
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.mostBodyBytes = mostBodyBytes
    }
}

/// What another server answered.
package struct OutgoingResponse: Sendable {
    /// 200 … 599.
    package let status: Int
    /// As they came, in order.
    package let headers: [(name: String, value: String)]
    /// As it came, at most as many bytes as the request allowed.
    package let body: [UInt8]
    /// Whether there was more.
    package let isTruncated: Bool

    /// The first header of this name, in whatever case; nil when there is none.
    package func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}
