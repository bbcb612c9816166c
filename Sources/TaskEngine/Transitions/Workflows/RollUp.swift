import Foundation
import Storage

/// Counts ended runs by workflow, hour, outcome and duration, so that statistics need not look at runs.
enum RollUp {
    /// Each bucket's durations are at most this factor apart.
    static let growth = 1.05
    /// Rows that the same count is spread over.
    static let shards: Int64 = 8

    /// The bucket of a duration in microseconds: 0 up to 1 ms, then each 5 % longer.
    static func bucket(ofMicroseconds duration: Int64) -> Int64 {
        duration <= 1000 ? 0 : Int64((log(Double(duration) / 1000) / log(growth)).rounded(.up))
    }

    /// What stands for the durations of a bucket, in milliseconds: the middle of it, so that it is off by 2.5 % at most.
    static func milliseconds(ofBucket bucket: Int64) -> Int64 {
        bucket <= 0 ? 1 : max(1, Int64(pow(growth, Double(bucket) - 0.5).rounded()))
    }

    private struct Key: Hashable {
        let tenant: String
        let name: String
        let outcome: String
        let bucket: Int64
    }

    /// Adds runs that have just ended. A run that is retried counts again when it ends again.
    static func add(_ runs: [RunRow], now: Int64, on connection: any Connection) throws {
        guard let first = runs.first else { return }
        var counts: [Key: Int64] = [:]
        for run in runs {
            let key = Key(
                tenant: run.tenant, name: run.workflow, outcome: run.state.rawValue,
                bucket: bucket(ofMicroseconds: now - (run.startedAt ?? run.createdAt)))
            counts[key, default: 0] += 1
        }
        var rows = RowSet([.text("tenant"), .text("name"), .text("outcome"), .bigint("bucket"), .bigint("count")], capacity: counts.count)
        // In one order for everybody, who may hold other rows of the same shard.
        for (key, count) in counts.sorted(by: { isBefore($0.key, $1.key) }) {
            rows.append([.text(key.tenant), .text(key.name), .text(key.outcome), .int(key.bucket), .int(count)])
        }
        let (hour, shard) = (now / 3_600_000_000, connection.dialect == .sqlite ? 0 : first.id % shards)
        try connection.forEach(
            rows,
            """
            INSERT INTO rollup (tenant, name, hour, outcome, bucket, shard, count)
            SELECT r.tenant, r.name, \(hour), r.outcome, r.bucket, \(shard), r.count FROM \(rows, as: "r") WHERE true
            ON CONFLICT (tenant, name, hour, outcome, bucket, shard) DO UPDATE SET count = rollup.count + excluded.count
            """)
    }

    private static func isBefore(_ a: Key, _ b: Key) -> Bool {
        if a.tenant != b.tenant { return a.tenant.utf8.lexicographicallyPrecedes(b.tenant.utf8) }
        if a.name != b.name { return a.name.utf8.lexicographicallyPrecedes(b.name.utf8) }
        return (a.outcome, a.bucket) < (b.outcome, b.bucket)
    }
}
