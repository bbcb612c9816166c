/// Smooth weighted round robin over the queues of one pool: a weight is a share of the slots, not an order.
///
/// Each pick raises every candidate's credit by its weight, takes the richest and charges it the sum of the weights, so
/// over time each queue with work gets its share, evenly spread and without starving any (the algorithm of nginx's
/// upstream selection).
package struct FairShare: Sendable, Equatable {
    private var credit: [String: Int] = [:]

    /// Nobody has credit yet.
    package init() {}

    /// How many of `slots` each queue may claim. Queues that have no work are not in `queues` and save up nothing.
    package mutating func divide(slots: Int, among queues: [QueueDefinition]) -> [String: Int] {
        guard queues.count > 1 else { return queues.first.map { [$0.name: slots] } ?? [:] }
        credit = credit.filter { name, _ in queues.contains { $0.name == name } }
        let total = queues.reduce(0) { $0 + $1.weight }
        var shares: [String: Int] = [:]
        for _ in 0..<slots {
            for queue in queues { credit[queue.name, default: 0] += queue.weight }
            // Ties go to the name, so that the result does not depend on the dictionary's order.
            guard let richest = queues.max(by: { (credit[$0.name] ?? 0, $1.name) < (credit[$1.name] ?? 0, $0.name) }) else { break }
            credit[richest.name, default: 0] -= total
            shares[richest.name, default: 0] += 1
        }
        return shares
    }
}
