/// Reads one field of a cron expression: elements between commas, each `*`, a number, a name or a range, with or without a step.
struct CronFieldParser {
    private let field: CronField

    init(_ field: CronField) {
        self.field = field
    }

    /// - Parameter text: lower case.
    /// - Returns: the numbers, and whether the field leaves everything open.
    func parse(_ text: Substring) throws(CronError) -> (set: CronSet, isAny: Bool) {
        var set = CronSet()
        var isAny = false
        for element in text.split(separator: ",", omittingEmptySubsequences: false) {
            let parsed = try parse(element: element)
            set = CronSet(bits: set.bits | parsed.set.bits)
            isAny = isAny || parsed.isAny
        }
        return (set, isAny)
    }

    private func parse(element: Substring) throws(CronError) -> (set: CronSet, isAny: Bool) {
        let parts = element.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let step = parts.count == 2 ? try self.step(parts[1]) : 1
        if parts[0] == "*" || (parts[0] == "?" && isDay) {
            return (set(from: field.range.lowerBound, through: field.last, step), step == 1)
        }
        let bounds = parts[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let first = try number(bounds[0])
        guard bounds.count == 2 else {
            // `5/15` begins at five and has no end of its own.
            return (set(from: onDial(first), through: parts.count == 2 ? field.last : onDial(first), step), false)
        }
        let last = try number(bounds[1])
        if first <= last { return (set(from: first, through: last, step), false) }
        guard field.goesRound else { throw CronError("the \(field.label): a range must not end before it begins") }
        let cycle = field == .weekday ? 7 : 12
        return (set(from: first, through: last + cycle, step), false)
    }

    private var isDay: Bool { field == .day || field == .weekday }

    /// What lies beyond the field is what it is by then: the seventh day of the week is Sunday, the thirteenth month is January.
    private func set(from first: Int, through last: Int, _ step: Int) -> CronSet {
        CronSet(stride(from: first, through: last, by: step).map(onDial))
    }

    private func onDial(_ number: Int) -> Int {
        switch field {
        case .weekday: number % 7
        case .month: (number - 1) % 12 + 1
        case .minute, .hour, .day: number
        }
    }

    private func number(_ text: Substring) throws(CronError) -> Int {
        if let number = field.number(of: text) { return number }
        guard let number = digits(text), field.range.contains(number) else {
            let names = field.goesRound ? " or names of three letters" : ""
            throw CronError(
                "the \(field.label): must be *, numbers from \(field.range.lowerBound) to \(field.range.upperBound)\(names), ranges or steps, between commas"
            )
        }
        return number
    }

    private func step(_ text: Substring) throws(CronError) -> Int {
        guard let step = digits(text), step > 0 else { throw CronError("the \(field.label): a step must be a number from 1 to 999") }
        return step
    }

    /// At most three digits and nothing else: no sign, no other script's digits.
    private func digits(_ text: Substring) -> Int? {
        guard (1...3).contains(text.utf8.count), text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return nil
        }
        return Int(text)
    }
}
