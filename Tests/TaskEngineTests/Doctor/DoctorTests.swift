import Storage
import Synchronization
import TaskEngine
import TestSupport
import Testing

@Suite("Doctor", .timeLimit(.minutes(5)))
struct DoctorTests {
    @Test("what is broken is found by its code", arguments: Damage.all, DatabaseKind.available)
    func finds(_ damage: Damage, _ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            let healthy = try await database.submit(.sample(), now: 5)
            let task = try await database.submit(.sample(), now: 5)
            // Somebody must be alive, or nothing moves and nothing is late.
            _ = try await database.write { try WorkerLease.beat(worker, now: 1_000_000_000, on: $0) }
            try await database.write { try damage.inflict(task, $0) }
            let report = try await Doctor(database: database, now: { 1_000_000_000 }, pause: {}).examine()
            #expect(report.findings.map(\.code) == [damage.code])
            #expect(report.findings.allSatisfy { ($0.task ?? task) >= task && !$0.detail.isEmpty && !$0.repair.isEmpty })
            #expect(report.tasks == 2 && healthy < task)
        }
    }

    @Test("a database in every state that work can be in is clean", arguments: DatabaseKind.available)
    func clean(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            _ = try await database.submit((0..<8).map { _ in .sample(maxRetries: 0) } + [.sample(runAt: 900)], now: 5)
            let claimed = try await database.claim(6, worker: worker, now: 10)
            _ = try await database.complete([claimed[0]], output: "1", now: 20)
            _ = try await database.end(claimed[1], .fail, error: TaskError(code: "e", message: "m"), now: 20)
            _ = try await database.end(claimed[2], .retry(at: 500), now: 20)
            _ = try await database.end(claimed[3], .release(at: 20), outcome: .interrupted, now: 20)
            _ = try await database.cancel(claimed[4].id, now: 20)
            _ = try await database.redrive(claimed[1].id, now: 30)
            let report = try await Doctor(database: database, now: { 1000 }, pause: {}).examine()
            #expect(report.isClean && report.tasks == 9)
        }
    }

    @Test("what is wrong at the first look only is not told", arguments: DatabaseKind.available)
    func mended(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            let task = try await database.submit(.sample(), now: 5)
            try await database.write { _ = try $0.execute("UPDATE tasks SET queue = 'gone' WHERE id = \(task)") }
            let doctor = Doctor(
                database: database, now: { 1000 },
                pause: { try await database.write { _ = try $0.execute("UPDATE tasks SET queue = 'default' WHERE id = \(task)") } })
            #expect(try await doctor.examine().isClean)
        }
    }

    @Test("without a live process nothing is late", arguments: DatabaseKind.available)
    func nobodyLives(_ kind: DatabaseKind) async throws {
        try await withClaimedTask(kind) { database, task in
            try await database.write { try WorkerLease.stop(task.worker, now: 20, on: $0) }
            #expect(try await Doctor(database: database, now: { 1_000_000_000 }, pause: {}).examine().isClean)
        }
    }

    @Test("every slice is looked at", arguments: DatabaseKind.available)
    func slices(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            let count = Doctor.slice + 50
            var ids: [Int64] = []
            for _ in 0..<5 { ids += try await database.submit((0..<count / 5).map { _ in .sample() }, now: 5) }
            let (first, last) = (ids[0], try #require(ids.last))
            try await database.write { _ = try $0.execute("UPDATE tasks SET queue = 'gone' WHERE id IN (\(first), \(last))") }
            let report = try await Doctor(database: database, now: { 1000 }, pause: {}).examine()
            #expect(report.findings.map(\.task) == [first, last])
            #expect(report.tasks == ids.count)
        }
    }

    @Test("every kind of finding has a damage that shows it, but for those of workloads")
    func codes() {
        #expect(Set(Damage.all.map(\.code)) == Set(Finding.Code.allCases).subtracting([.referencesDisagree, .countsDisagree]))
    }

    @Test("every slice of keys is looked at", arguments: DatabaseKind.available)
    func keySlices(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            try await database.write { connection in
                var rows = RowSet([.text("key"), .bigint("until")])
                for index in 0...Doctor.slice { rows.append([.text("k\(100_000 + index)"), .int(5)]) }
                rows.append([.text("z"), .int(0)])
                try connection.forEach(
                    rows,
                    """
                    INSERT INTO unique_keys (tenant, type, unique_key, task_id, until)
                    SELECT 'acme', 'test.sample', r.key, 1, r.until FROM \(rows, as: "r")
                    """)
            }
            let report = try await Doctor(database: database, now: { 1000 }, pause: {}).examine()
            #expect(report.findings.map(\.subject) == ["unique key 'z' of test.sample and tenant acme"])
        }
    }

    @Test("what a workload wants looked at is looked at twice, slice by slice", arguments: DatabaseKind.available)
    func checks(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            let looks = Mutex<[String]>([])
            let check = DoctorCheck { from, _, _ in
                let place = from.isEmpty ? "first" : "second"
                looks.withLock { $0.append(place) }
                let finding = Finding(.countsDisagree, subject: place, "d", repair: "r")
                return DoctorCheck.Slice(
                    [finding],
                    again: { finding in
                        { _, _ in
                            looks.withLock { $0.append("again " + finding.subject) }
                            return place == "first" ? [] : [finding]
                        }
                    }, next: from.isEmpty ? [.int(1)] : nil)
            }
            let report = try await Doctor(database: database, checks: [check], now: { 1000 }, pause: {}).examine()
            #expect(report.findings.map(\.subject) == ["second"])
            #expect(looks.withLock { $0 } == ["first", "second", "again first", "again second"])
        }
    }
}
