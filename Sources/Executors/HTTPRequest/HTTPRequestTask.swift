import JSONText
package import TaskEngine

/// `http.request`: one HTTP request to an address that a tenant supplied, as a task with retries.
///
/// The request may reach its server more than once: after a crash, a lost connection or a timeout nobody knows what became of
/// it, and the next attempt sends it again. `X-Millrace-Task` is the same in all attempts, so that a server can tell.
package struct HTTPRequestTask: Sendable {
    private let http: OutgoingHTTP
    /// Microseconds since 1970.
    private let now: @Sendable () -> Int64

    /// - Parameters:
    ///   - http: its guarded door is the one that is used.
    ///   - now: microseconds since 1970, for servers that name a time for the next attempt.
    package init(http: OutgoingHTTP, now: @escaping @Sendable () -> Int64) {
        self.http = http
        self.now = now
    }

    /// Adds the task type.
    package func register(in registry: inout TaskRegistry) {
        registry.register(name: "http.request", options: .init(secretFields: ["headers", "body"]), checking: HTTPRequestInput.check) {
            input, context in
            try await run(input, task: context.id, attempt: context.attempt)
        }
    }

    /// One attempt.
    /// - Returns: the result as JSON.
    /// - Throws: ``TaskFailure``, `TaskError` for what the task type's retry strategy decides, `CancellationError`.
    package func run(_ text: String, task: Int64, attempt: Int) async throws -> String {
        let input: HTTPRequestInput
        do {
            input = try HTTPRequestInput(text)
        } catch {
            throw TaskFailure.permanent(code: "invalid_input", error.message)
        }
        let started = ContinuousClock.now
        let response = try await send(request(input, task: task, attempt: attempt))
        guard input.expected.contains(response.status) else { throw failure(input, response) }
        return HTTPRequestResult.json(response, duration: started.duration(to: .now))
    }

    private func request(_ input: HTTPRequestInput, task: Int64, attempt: Int) -> OutgoingRequest {
        let own = [("X-Millrace-Task", "\(task)"), ("X-Millrace-Attempt", "\(attempt)")]
        return OutgoingRequest(
            method: input.method, url: input.url, headers: input.headers + own, body: input.body, timeout: input.timeout)
    }

    private func send(_ request: OutgoingRequest) async throws -> OutgoingResponse {
        do {
            return try await http.send(request)
        } catch let denied as EgressDenied {
            throw TaskFailure.permanent(code: "egress_denied", denied.message)
        } catch let failure as OutgoingFailure {
            throw TaskError(code: failure.code.rawValue, message: failure.message)
        }
    }

    /// An answer that was not expected: tried again where the server may change its mind.
    private func failure(_ input: HTTPRequestInput, _ response: OutgoingResponse) -> any Error {
        let error = TaskError(code: "http_status", message: Self.explain(input, response))
        guard [408, 425, 429].contains(response.status) || (500...599).contains(response.status) else {
            return TaskFailure.permanent(error)
        }
        let delay = response.header("Retry-After").flatMap { RetryAfter.delay($0, now: now() / 1_000_000) }
        return delay.map { TaskFailure.retry(error, after: $0) } ?? error
    }

    /// Characters of the answer that an error quotes.
    private static let mostQuoted = 500
    /// Characters that are searched for secrets before they are quoted.
    private static let mostSearched = 64 * 1024

    private static func explain(_ input: HTTPRequestInput, _ response: OutgoingResponse) -> String {
        var text = "\(input.method) \(input.url.shown) answered \(response.status)"
        if (300...399).contains(response.status) { text += explainRedirect(response) }
        // Hidden before it is cut, or half a secret would stay.
        if let body = HTTPRequestResult.text(of: response), !body.isEmpty {
            text += ": " + hiding(input.headers, in: String(body.prefix(mostSearched))).prefix(mostQuoted)
        }
        return text
    }

    private static func explainRedirect(_ response: OutgoingResponse) -> String {
        let place = response.header("Location").flatMap { try? OutgoingURL($0) }.map { " to \($0.shown)" } ?? ""
        return ", a redirect\(place), and redirects are not followed"
    }

    /// A server may send back what it was sent.
    private static func hiding(_ headers: [(name: String, value: String)], in body: String) -> String {
        var body = body
        for header in headers where HeaderRules.isSecret(header.name) {
            // `Bearer abc` also hides a lone `abc`.
            for secret in [header.value] + header.value.split(separator: " ").dropFirst().map(String.init) where secret.count >= 4 {
                body = body.replacing(secret, with: HTTPRequestResult.mask)
            }
        }
        return body
    }
}
