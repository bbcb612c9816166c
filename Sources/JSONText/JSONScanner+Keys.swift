extension JSONScanner {
    /// Refuses an object that has the same key twice. Keys are compared by their decoded bytes: `"a"` and `"\u0061"` are the same key,
    /// differently composed accents are not.
    func refuseDuplicateKeys(_ object: Int) throws(JSONSyntaxError) {
        let end = Int(nodes[object].next)
        var keys: [Int] = []
        var hasEscapes = false
        var index = object + 1
        while index < end {
            keys.append(index)
            hasEscapes = hasEscapes || nodes[index].kind == .escapedString
            index = Int(nodes[index + 1].next)
        }
        // Comparing all pairs in place is faster than hashing for the usual small object; a large one could be made slow on purpose.
        if keys.count <= 16, !hasEscapes {
            try comparePairs(keys)
        } else {
            try compareHashed(keys)
        }
    }

    private func comparePairs(_ keys: [Int]) throws(JSONSyntaxError) {
        for later in keys.indices.dropFirst() {
            for earlier in 0..<later where isSameText(nodes[keys[earlier]], nodes[keys[later]]) { throw duplicate(keys[later]) }
        }
    }

    private func compareHashed(_ keys: [Int]) throws(JSONSyntaxError) {
        var seen = Set<[UInt8]>(minimumCapacity: keys.count)
        for key in keys {
            let text = bytes[Int(nodes[key].start) + 1..<Int(nodes[key].end) - 1]
            let decoded = nodes[key].kind == .escapedString ? JSONEscape.decode(text) : Array(text)
            if !seen.insert(decoded).inserted { throw duplicate(key) }
        }
    }

    private func isSameText(_ left: JSONNode, _ right: JSONNode) -> Bool {
        guard left.end - left.start == right.end - right.start else { return false }
        var (a, b) = (Int(left.start), Int(right.start))
        while a < Int(left.end) {
            if bytes[a] != bytes[b] { return false }
            a += 1
            b += 1
        }
        return true
    }

    private func duplicate(_ key: Int) -> JSONSyntaxError {
        JSONSyntaxError(offset: Int(nodes[key].start), reason: "key occurs twice in one object")
    }
}
