/// Finds `MILLRACE_` variables that no setting has, which are nearly always slips of the pen.
enum UnknownNames {
    /// One message per unknown name, sorted, each with the nearest known one.
    static func messages(in names: [String]) -> [String] {
        let known = Set(SettingName.allCases.map(\.rawValue))
        return Set(names).sorted().filter { $0.hasPrefix("MILLRACE_") && !known.contains($0) && !isInjected($0) }.map { name in
            let nearest = known.min { (distance(name, $0), $0) < (distance(name, $1), $1) } ?? ""
            return "\(name) is no setting; did you mean \(nearest)? (MILLRACE_STRICT=false turns this into a warning)"
        }
    }

    /// Kubernetes gives every pod beside a Service called millrace these.
    private static func isInjected(_ name: String) -> Bool {
        name.hasPrefix("MILLRACE_SERVICE_") || name.hasPrefix("MILLRACE_PORT")
    }

    /// Levenshtein's distance.
    static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right.utf8)
        var row = Array(0...right.count)
        for (i, a) in left.utf8.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let above = row[j + 1]
                row[j + 1] = min(above + 1, row[j] + 1, diagonal + (a == b ? 0 : 1))
                diagonal = above
            }
        }
        return row[right.count]
    }
}
