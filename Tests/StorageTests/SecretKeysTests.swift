import Foundation
import Storage
import Testing

@Suite("Keys of secrets")
struct SecretKeysTests {
    private static func key(_ byte: UInt8) -> String { Data(repeating: byte, count: 32).base64EncodedString() }

    @Test("what one key seals it opens, each time in other words")
    func roundTrip() throws {
        let keys = try #require(SecretKeys(Self.key(1)))
        let first = try keys.seal("pässword", tenant: "acme", name: "TOKEN")
        let second = try keys.seal("pässword", tenant: "acme", name: "TOKEN")
        #expect(first != second && first.key == keys.current)
        #expect(keys.open(first, tenant: "acme", name: "TOKEN") == "pässword")
        #expect(keys.open(second, tenant: "acme", name: "TOKEN") == "pässword")
    }

    @Test("a secret opens in its own row only, and only as it was sealed")
    func context() throws {
        let keys = try #require(SecretKeys(Self.key(1)))
        let sealed = try keys.seal("value", tenant: "acme", name: "TOKEN")
        for (tenant, name) in [("other", "TOKEN"), ("acme", "OTHER"), ("acm", "eTOKEN"), ("acme/TOKEN", "")] {
            #expect(keys.open(sealed, tenant: tenant, name: name) == nil)
        }
        var bytes = [UInt8](try #require(Data(base64Encoded: sealed.text)))
        for index in bytes.indices {
            bytes[index] ^= 1
            let changed = SealedSecret(key: sealed.key, text: Data(bytes).base64EncodedString())
            #expect(keys.open(changed, tenant: "acme", name: "TOKEN") == nil)
            bytes[index] ^= 1
        }
        #expect(keys.open(SealedSecret(key: sealed.key, text: "no base64"), tenant: "acme", name: "TOKEN") == nil)
    }

    @Test("a new key in front seals, and the old one still opens")
    func list() throws {
        let old = try #require(SecretKeys(Self.key(1)))
        let both = try #require(SecretKeys(Self.key(2) + ", " + Self.key(1)))
        let new = try #require(SecretKeys(Self.key(2)))
        let sealed = try old.seal("value", tenant: "t", name: "n")
        #expect(both.open(sealed, tenant: "t", name: "n") == "value")
        #expect(new.open(sealed, tenant: "t", name: "n") == nil)
        #expect(both.current == new.current && both.current != old.current)
        #expect(new.open(try both.seal("value", tenant: "t", name: "n"), tenant: "t", name: "n") == "value")
    }

    @Test(
        "what is no key is refused",
        arguments: ["", ",", "x", key(1) + ",", Data(repeating: 1, count: 31).base64EncodedString(), key(1) + ";" + key(2)])
    func refuses(text: String) {
        #expect(SecretKeys(text) == nil)
    }
}
