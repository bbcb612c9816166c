import JSONText

/// Fills `${secrets.NAME}` into the input of a task that was submitted with it, in the members that its type declares secret.
///
/// The nodes of a run have theirs filled in with everything else, by their template; elements of a list were made when the list was, with
/// the references kept, and are filled in here as well.
enum SecretInput {
    private static let opening = "${secrets."

    /// Whether there may be anything to fill in. Quick: most inputs have nothing.
    static func mayRefer(_ input: String) -> Bool {
        (input.utf8.contains(UInt8(ascii: "$")) && input.contains(opening))
            || (input.utf8.contains(UInt8(ascii: "\\")) && input.contains("\\u"))
    }

    /// The names in the members `fields` of an input.
    static func names(in input: String, fields: Set<String>) -> Set<String> {
        var names: Set<String> = []
        _ = fill(input, fields) { name in
            names.insert(name)
            return nil
        }
        return names
    }

    /// The input with the secrets in the members `fields`. A name without a value stays as it is.
    static func filled(_ input: String, fields: Set<String>, _ values: [String: String]) -> String {
        fill(input, fields) { values[$0] }
    }

    /// How many beginnings of a reference stand in the members `fields` of an input, valid or not, however they are escaped.
    /// - Parameter fields: nil for all members.
    static func count(in input: String, fields: Set<String>?) -> Int {
        // What is no JSON object has no members, and so no references: its task type refuses it.
        guard mayRefer(input), let root = try? JSONDocument(parsing: input).root, root.kind == .object else { return 0 }
        return root.members.reduce(0) { $0 + (fields?.contains($1.key) != false ? count(in: $1.value) : 0) }
    }

    private static func count(in json: JSONValue) -> Int {
        switch json.kind {
        case .object: json.members.reduce(0) { $0 + count(in: $1.value) }
        case .array: json.elements.reduce(0) { $0 + count(in: $1) }
        case .string: json.string.map { $0.ranges(of: opening).count } ?? 0
        case .number, .bool, .null: 0
        }
    }

    private static func fill(_ input: String, _ fields: Set<String>, _ value: (String) -> String?) -> String {
        // As above: without members nothing is filled in.
        guard let root = try? JSONDocument(parsing: input).root, root.kind == .object else { return input }
        var writer = JSONWriter(capacity: input.utf8.count + 100)
        writer.object { object in
            for member in root.members {
                object.key(member.key)
                if fields.contains(member.key) { write(member.value, in: &object, value) } else { object.raw(member.value.rawBytes) }
            }
        }
        return writer.text
    }

    private static func write(_ json: JSONValue, in writer: inout JSONWriter, _ value: (String) -> String?) {
        switch json.kind {
        case .object:
            writer.object { object in
                for member in json.members {
                    object.key(member.key)
                    write(member.value, in: &object, value)
                }
            }
        case .array: writer.array { array in for element in json.elements { write(element, in: &array, value) } }
        case .string: writer.value(replaced(json.string ?? "", value))
        case .number, .bool, .null: writer.raw(json.rawBytes)
        }
    }

    private static func replaced(_ text: String, _ value: (String) -> String?) -> String {
        var result = ""
        var rest = text[...]
        while let start = rest.firstRange(of: opening) {
            result += rest[..<start.lowerBound]
            guard let end = rest[start.upperBound...].firstIndex(of: "}") else { break }
            let name = String(rest[start.upperBound..<end])
            let whole = rest[start.lowerBound...end]
            result += SecretName.isValid(name) ? value(name) ?? String(whole) : String(whole)
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }
}
