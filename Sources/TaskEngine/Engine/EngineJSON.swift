import JSONText

/// The few JSON texts the engine writes about itself.
enum EngineJSON {
    static func array(_ words: [String]) -> String {
        var writer = JSONWriter()
        writer.array { array in for word in words { array.value(word) } }
        return writer.text
    }

    static func object(_ numbers: [String: Int]) -> String {
        var writer = JSONWriter()
        writer.object { object in
            for (name, number) in numbers.sorted(by: { $0.key < $1.key }) { object.field(name, number) }
        }
        return writer.text
    }
}
