/// A schedule whose due times this process cannot work out: another version of the program, or of its time zones, wrote what is
/// stored. It fires nothing until it is written anew; the others go on.
package struct UnreadableSchedule: Error, Sendable, Equatable, CustomStringConvertible {
    /// The schedule's id.
    package let id: Int64
    /// Its name.
    package let name: String
    /// The expression that is stored.
    package let cron: String
    /// The zone that is stored.
    package let zone: String
    /// Which of the two, and what is wrong with it.
    package let problem: String

    /// For people: names the schedule and says what to do.
    package var description: String { "the due times of schedule \(id) '\(name)' cannot be read: \(problem); write them anew" }
}
