/// Whose turn it was in a claim, in the order in which the claim serves tenants: those behind the cursor, then those up to it.
package struct ClaimTurns: Sendable, Equatable {
    /// The `afterTenant` of the next request: the tenant whose turn ended last. One that was cut off because the slots were
    /// used up comes first next time, so that over a few claims everybody gets the same.
    package let cursor: String
    /// Tenants that were given tasks.
    package let tenants: Int
    /// The most tasks that one of them was given.
    package let most: Int
    /// Whether the round is complete: the first tenant's turn has come again, or nobody else has ready tasks.
    package let endsRound: Bool

    /// - Parameter claimed: what the request was answered with.
    package init(_ request: Claim.Request, _ claimed: [ClaimedTask]) {
        var served: [String: Int] = [:]
        for task in claimed { served[task.tenant, default: 0] += 1 }
        var last: Turn?
        var lastButOne: Turn?
        for tenant in served.keys {
            let turn = Turn(tenant, after: request.afterTenant)
            if last.map({ $0 < turn }) ?? true {
                lastButOne = last
                last = turn
            } else if lastButOne.map({ $0 < turn }) ?? true {
                lastButOne = turn
            }
        }
        tenants = served.count
        most = served.values.max() ?? 0
        endsRound = tenants < request.tenants || last?.isSecondTime == true
        guard let last else {
            cursor = request.afterTenant
            return
        }
        let isCutOff = claimed.count == request.slots && served[last.tenant] != most
        cursor = isCutOff ? lastButOne?.tenant ?? last.tenant : last.tenant
    }

    /// Byte order, as both databases compare tenants, beginning behind the cursor.
    private struct Turn: Comparable {
        let tenant: String
        /// Not behind the cursor: it was served in the round before.
        let isSecondTime: Bool

        init(_ tenant: String, after cursor: String) {
            self.tenant = tenant
            isSecondTime = !Self.isEarlier(cursor, tenant)
        }

        static func < (left: Turn, right: Turn) -> Bool {
            left.isSecondTime == right.isSecondTime ? isEarlier(left.tenant, right.tenant) : right.isSecondTime
        }

        private static func isEarlier(_ a: String, _ b: String) -> Bool { a.utf8.lexicographicallyPrecedes(b.utf8) }
    }
}
