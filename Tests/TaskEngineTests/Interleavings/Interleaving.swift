import Storage
import TaskEngine
import TestSupport

/// Runs one transition beside another one in every order that their statements can have: the first stops before one of its
/// statements, the second runs to its end or until it waits for the first, then the first goes on.
///
/// Three connections: one for each, and one that looks. Neither transition is run again after a deadlock: that one happens is
/// what is looked for.
struct Interleaving: Sendable {
    private let first: any Database
    private let second: any Database
    private let observer: any Database
    private let watch: BlockWatch
    private let world: InterleavingWorld

    /// Opens the connections to the database at `place`, migrates it, and closes them after `body`.
    static func with(_ place: DatabasePlace, _ body: (Interleaving) async throws -> Void) async throws {
        let databases = try await (open(place), open(place), open(place))
        defer { for database in [databases.0, databases.1, databases.2] { database.close() } }
        try await place.migrate(databases.2)
        let watch = try await BlockWatch(databases.1, observer: databases.2)
        let world = try await databases.2.write { try InterleavingWorld.make(on: $0) }
        try await body(Interleaving(first: databases.0, second: databases.1, observer: databases.2, watch: watch, world: world))
    }

    private static func open(_ place: DatabasePlace) async throws -> any Database {
        let database = try await PostgresDatabase.open(url: place.url, poolSize: 1, reruns: 0, logger: .silent)
        // A deadlock is told at once, and nothing here has to survive a power failure.
        try await database.write { try $0.executeScript("SET deadlock_timeout = '20ms'; SET synchronous_commit = off") }
        return database
    }

    /// Every stop of `first` with `second` in it.
    /// - Returns: how many there were.
    /// - Throws: ``Broken`` that names the stop.
    func run(_ first: InterleavedTransition, _ second: InterleavedTransition) async throws -> Int {
        var stop = 0
        while true {
            do {
                guard try await run(first, stoppedAfter: stop, second) else { return stop }
            } catch {
                throw Broken("'\(first.testDescription)', stopped after \(stop) statements, and '\(second.testDescription)': \(error)")
            }
            stop += 1
        }
    }

    /// - Returns: false when the first has fewer statements.
    private func run(_ firstTransition: InterleavedTransition, stoppedAfter count: Int, _ secondTransition: InterleavedTransition)
        async throws -> Bool
    {
        try await observer.write { try InterleavingWorld.restore(on: $0) }
        let stop = SteppedConnection.Stop(after: count)
        let firstRun = Task { [first, world] in
            try await first.write { connection in
                let stepped = SteppedConnection(connection, stop)
                return (answer: try firstTransition.run(world, stepped), wasStopped: try stepped.end())
            }
        }
        let firstDone = Task {
            _ = await firstRun.result
            stop.reached.send()
        }
        try await stop.reached.wait()
        let secondRun = Task { [second, world] in try await second.write { try secondTransition.run(world, $0) } }
        try await watch.untilDoneOrWaiting(secondRun)
        stop.gate.open()
        let (firstResult, secondResult) = await (firstRun.result, secondRun.result)
        await firstDone.value
        let answers = try [firstResult.get().answer, secondResult.get()]
        try await InterleavingCheck(world: world, answers: answers).check(observer)
        return try firstResult.get().wasStopped
    }
}
