extension Int64 {
    /// The quotient towards minus infinity: the minute, hour or day that a time lies in, before 1970 too.
    func flooredQuotient(_ divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
