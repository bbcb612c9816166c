package import TaskEngine

/// `default=10,ingest=2`.
package enum PoolList {
    /// - Throws: ``SettingsError``.
    package static func parse(_ text: String) throws -> [String: Int] {
        var pools: [String: Int] = [:]
        for item in text.split(separator: ",") {
            let parts = item.split(separator: "=", omittingEmptySubsequences: false).map { $0.trimmed }
            guard parts.count == 2, QueueList.isName(parts[0]), let limit = Int(parts[1]), (1...10_000).contains(limit),
                pools[parts[0]] == nil
            else {
                throw SettingsError(.pools, text, expected: "a list of pool=limit with limits from 1 to 10000, each pool once")
            }
            pools[parts[0]] = limit
        }
        guard !pools.isEmpty else { throw SettingsError(.pools, text, expected: "a list of pool=limit") }
        return pools
    }
}

/// `default:default*2,events:default*3`: queue, pool and weight, which is 1 when left out.
package enum QueueList {
    /// - Throws: ``SettingsError``.
    package static func parse(_ text: String) throws -> [QueueDefinition] {
        var queues: [QueueDefinition] = []
        for item in text.split(separator: ",") {
            let expected = "a list of queue:pool*weight with weights from 1 to 1000, each queue once"
            let names = item.split(separator: ":", omittingEmptySubsequences: false).map { $0.trimmed }
            guard names.count == 2 else { throw SettingsError(.queues, text, expected: expected) }
            let place = names[1].split(separator: "*", omittingEmptySubsequences: false).map { $0.trimmed }
            guard (1...2).contains(place.count), let weight = place.count == 2 ? Int(place[1]) : 1, (1...1000).contains(weight),
                isName(names[0]), isName(place[0]), !queues.contains(where: { $0.name == names[0] })
            else { throw SettingsError(.queues, text, expected: expected) }
            queues.append(.init(name: names[0], pool: place[0], weight: weight))
        }
        return queues
    }

    /// Letters, digits, `_`, `-` and `.`, at most 64.
    static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                case UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."): true
                default: false
                }
            }
    }
}

extension Substring {
    /// Without blanks at either end.
    fileprivate var trimmed: String { String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()) }
}
