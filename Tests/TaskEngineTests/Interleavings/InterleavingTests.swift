import Foundation
import Storage
import TestSupport
import Testing

/// PostgreSQL runs transactions at the same time, SQLite one after another: there the pairs are the simulation's business.
@Suite(
    "Interleavings of transitions on PostgreSQL", .enabled(if: PostgresSchema.isAvailable, "\(PostgresSchema.reason)"),
    .timeLimit(.minutes(10)))
struct InterleavingTests {
    /// Every pair (`make test-full`), or each transition beside a quarter of the others.
    private static let isComplete = ProcessInfo.processInfo.environment["MILLRACE_INTERLEAVINGS"] == "all"

    @Test("no order of the statements of two transitions breaks an invariant", arguments: InterleavedTransition.all)
    func holds(_ first: InterleavedTransition) async throws {
        let index = try #require(InterleavedTransition.all.firstIndex { $0.testDescription == first.testDescription })
        try await withDatabasePlace(.postgres) { place in
            try await Interleaving.with(place) { interleaving in
                for (other, second) in InterleavedTransition.all.enumerated() where Self.isComplete || (index + other) % 4 == 0 {
                    if first.isTurnOfWorker && second.isTurnOfWorker { continue }
                    do { _ = try await interleaving.run(first, second) } catch { Issue.record(error) }
                }
            }
        }
    }

    @Test("mistakes are found", arguments: InterleavedTransition.mistakes.keys.sorted())
    func finds(_ name: String) async throws {
        let mistake = try #require(InterleavedTransition.mistakes[name])
        try await withDatabasePlace(.postgres) { place in
            try await Interleaving.with(place) { interleaving in
                await #expect(throws: Broken.self) { try await interleaving.run(mistake.broken, mistake.partner) }
            }
        }
    }
}
