import Storage

extension DropGeneration {
    /// Deletes rows in the bulk lane, piece by piece. Interrupted, it may be begun again at any time.
    /// - Parameter goesOn: asked before each piece.
    /// - Returns: false when it was not let finish.
    static func dropAll(_ rows: Rows, in database: any Database, while goesOn: () -> Bool) async throws -> Bool {
        for drop in [dropKeys, dropNames] {
            var hasMore = true
            while hasMore {
                guard goesOn() else { return false }
                hasMore = try await database.write(.staging) { try drop(rows, $0) }
            }
        }
        guard rows.above < rows.lastID else { return true }
        for table in Table.allCases {
            var last: Int64? = rows.above
            while let from = last {
                guard goesOn() else { return false }
                last = try await database.write(.staging) { try dropRows(of: rows, in: table, above: from, on: $0) }
            }
        }
        return true
    }
}
