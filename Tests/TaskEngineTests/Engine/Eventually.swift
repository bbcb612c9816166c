import TestSupport

/// Asks again and again, with a short pause, until `isTrue`: for what the engine does without telling anybody.
/// - Parameter what: what is waited for, for the message.
/// - Throws: ``FixtureError`` after 20 s; what `isTrue` throws ends the wait at once.
func eventually(_ what: String, _ isTrue: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(20)
    while try await !isTrue() {
        guard ContinuousClock.now < deadline else { throw FixtureError("not in time: \(what)") }
        try await Task.sleep(for: .milliseconds(2))
    }
}
