import Foundation
import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Simulation of the engine's transitions", .timeLimit(.minutes(20)))
struct SimulationTests {
    static let steps = 150

    /// `MILLRACE_SIMULATION_SEED` is one seed, `…_SEEDS` a number of them from `…_FIRST` on.
    @Test("no order of steps, crashes and lost answers breaks an invariant", arguments: DatabaseKind.available)
    func holds(_ kind: DatabaseKind) async throws {
        let seeds = Self.seeds(kind)
        let shards = UInt64(max(ProcessInfo.processInfo.activeProcessorCount, 1))
        await withTaskGroup(of: Void.self) { group in
            for shard in 0..<shards {
                group.addTask {
                    for seed in seeds where seed % shards == shard {
                        do { try await run(seed, SimulatedCore(), kind) } catch { Issue.record(error) }
                    }
                }
            }
        }
    }

    private static func seeds(_ kind: DatabaseKind) -> ClosedRange<UInt64> {
        let environment = ProcessInfo.processInfo.environment
        func number(_ name: String) -> UInt64? { environment["MILLRACE_SIMULATION_" + name].flatMap(UInt64.init) }
        if let seed = number("SEED") { return seed...seed }
        // On PostgreSQL a seed takes twenty times as long, and the transitions are the same text.
        let usual: UInt64 = kind == .sqlite ? 120 : 5
        let first = number("FIRST") ?? 1
        return first...first + max(number("SEEDS") ?? usual, 1) - 1
    }

    @Test(
        "a broken transition is found",
        arguments: [
            ("no fence", SimulatedCore.withoutFence), ("no new claim number", .withoutNewClaimNumber),
            ("redriven successes", .redrivingSuccesses), ("lost retries", .losingRetries), ("deleted unseen", .pruningUnseen),
            ("overlooked pauses", .overlookingPauses), ("bulk operations without a fence", .bulkWithoutFence),
            ("schedules that overlap", .firingOverlaps), ("schedules that go by the clock", .firingByTheClock),
            ("nodes cancelled behind the run's back", .cancellingWithoutAdvance), ("answers counted twice", .countingAnswersAgain),
            ("kills that nobody is told of", .killingWithoutWord), ("forgotten events", .forgettingEvents),
            ("retried successes of a run", .retryingSuccesses), ("rescues behind the run's back", .rescuingWithoutAdvance),
        ] as [(String, SimulatedCore)])
    func finds(_ name: String, _ core: SimulatedCore) async throws {
        for seed: UInt64 in 1...200 {
            do { try await run(seed, core, .sqlite) } catch is SimulationFailure { return }
        }
        Issue.record("200 seeds did not find: \(name)")
    }

    private func run(_ seed: UInt64, _ core: SimulatedCore, _ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            var simulation = Simulation(database: database, core: core, seed: seed)
            do { try await simulation.run(steps: Self.steps) } catch let broken as Broken {
                throw SimulationFailure(description: "seed \(seed) (MILLRACE_SIMULATION_SEED=\(seed)): \(broken)")
            }
        }
    }
}

/// A seed that breaks an invariant.
struct SimulationFailure: Error, CustomStringConvertible {
    let description: String
}
