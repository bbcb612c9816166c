extension MultipartPart {
    /// Reads the headers of a part: lines without the empty one that ends them. Headers other than the two that matter are checked for their
    /// form and ignored (RFC 7578, 4.8).
    init(headers: some Collection<UInt8>) throws(MultipartError) {
        guard let text = String(validating: headers, as: UTF8.self) else { throw .malformedHeader }
        var disposition: String?
        var contentType: String?
        for line in text.split(separator: "\r\n", omittingEmptySubsequences: true) {
            guard let (name, value) = Self.field(line) else { throw .malformedHeader }
            switch name {
            case "content-disposition":
                if disposition != nil { throw .malformedHeader }
                disposition = value
            case "content-type":
                if contentType != nil { throw .malformedHeader }
                contentType = value
            default: break
            }
        }
        guard let disposition else { throw .missingName }
        guard let form = ContentType(disposition) else { throw .malformedHeader }
        guard form.essence == "form-data", let name = form["name"] else { throw .missingName }
        self.init(name: name, filename: form["filename"], contentType: contentType)
    }

    /// Splits `Name: value`; nil for anything else, a folded line among it.
    private static func field(_ line: Substring) -> (name: String, value: String)? {
        guard let colon = line.firstIndex(of: ":"), colon > line.startIndex else { return nil }
        let name = line[..<colon]
        guard name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        let value = line[line.index(after: colon)...]
        guard !value.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 }) else { return nil }
        return (name.lowercased(), String(value.trimming { $0 == " " || $0 == "\t" }))
    }
}

extension Substring {
    fileprivate func trimming(_ isTrimmed: (Character) -> Bool) -> Substring {
        var result = drop(while: isTrimmed)
        while let last = result.last, isTrimmed(last) { result.removeLast() }
        return result
    }
}
