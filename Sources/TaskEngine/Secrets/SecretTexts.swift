/// Texts to be hidden, found by their bytes: what stands beside one may join its characters and does not change its bytes.
struct SecretTexts: Sendable {
    private var all: Set<[UInt8]> = []
    /// By their first byte, the longest first.
    private var byFirst: [UInt8: [[UInt8]]] = [:]

    var isEmpty: Bool { all.isEmpty }

    mutating func add(_ texts: [[UInt8]]) {
        for text in texts where !text.isEmpty { all.insert(text) }
        byFirst = Dictionary(grouping: all) { $0[0] }.mapValues { $0.sorted { $0.count > $1.count } }
    }

    /// A text with all of them replaced. Those that overlap are replaced as one.
    /// - Parameter shortest: bytes from which on what a cut left of one, at either end of the text, is replaced as well; nil leaves it.
    func hide(_ text: String, mask: String, cutAt shortest: Int?) -> String {
        guard !isEmpty else { return text }
        let bytes = Array(text.utf8)
        let places = places(in: bytes, shortest)
        guard !places.isEmpty else { return text }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var end = 0
        for place in places {
            result += bytes[end..<place.lowerBound]
            result += mask.utf8
            end = place.upperBound
        }
        return String(decoding: result + bytes[end...], as: UTF8.self)
    }

    /// In order, none overlapping another.
    private func places(in bytes: [UInt8], _ shortest: Int?) -> [Range<Int>] {
        var places: [Range<Int>] = []
        func add(_ place: Range<Int>) {
            if let last = places.last, place.lowerBound < last.upperBound {
                places[places.count - 1] = last.lowerBound..<max(last.upperBound, place.upperBound)
            } else {
                places.append(place)
            }
        }
        if let count = shortest.flatMap({ cutStart(bytes, shortest: $0) }) { add(0..<count) }
        for start in bytes.indices {
            guard let candidates = byFirst[bytes[start]] else { continue }
            if let found = candidates.first(where: { bytes[start...].starts(with: $0) }) { add(start..<start + found.count) }
        }
        if let start = shortest.flatMap({ cutEnd(bytes, shortest: $0) }) {
            while let last = places.last, last.lowerBound >= start { places.removeLast() }
            add(start..<bytes.count)
        }
        return places
    }

    /// What a cut leaves in the place of the character that it was inside of, and what whoever cuts puts behind. Three bytes each.
    private static let traces = ["\u{FFFD}", "…"].map { Array($0.utf8) }

    /// Where the text ends within one of them: the place at which that begins; nil when it does not.
    private func cutEnd(_ bytes: [UInt8], shortest: Int) -> Int? {
        var rest = bytes[...]
        while Self.traces.contains(where: { rest.suffix(3).elementsEqual($0) }) { rest = rest.dropLast(3) }
        var first: Int?
        for text in all {
            let most = min(text.count - 1, rest.count)
            guard most >= shortest else { continue }
            let end = rest.endIndex
            let length = (shortest...most).last { rest[(end - $0)...].elementsEqual(text[..<$0]) }
            if let length { first = min(first ?? end, end - length) }
        }
        return first
    }

    /// Where the text begins within one of them: the bytes of that; nil when it does not.
    private func cutStart(_ bytes: [UInt8], shortest: Int) -> Int? {
        var rest = bytes[...]
        while Self.traces.contains(where: { rest.prefix(3).elementsEqual($0) }) { rest = rest.dropFirst(3) }
        var longest: Int?
        for text in all {
            let most = min(text.count - 1, rest.count)
            guard most >= shortest else { continue }
            let length = (shortest...most).last { rest.prefix($0).elementsEqual(text.suffix($0)) }
            if let length { longest = max(longest ?? 0, rest.startIndex + length) }
        }
        return longest
    }
}
