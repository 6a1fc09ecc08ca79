// Tokens: who made them, whether they are in time, and what they say.
#include "realtime/token.h"

#include "base/glob.h"
#include "realtime/base64url.h"
#include "realtime/token_maker.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace duplex::realtime {
namespace {

constexpr std::int64_t now_s = 1'700'000'000;

TokenTrust trust_in(std::vector<TokenKey> keys) {
  return {.keys = std::move(keys), .audience = {}, .issuer = {}};
}

TokenTrust trust() {
  return trust_in({*TokenKey::secret(test_secret)});
}

// The fault of a token that the test's secret has signed; nothing if it is accepted.
std::optional<TokenFault> fault_of(std::string_view payload,
                                   std::string_view header = R"({"alg":"HS256"})") {
  const auto claims = read_token(make_token(payload, header), trust(), now_s);
  return claims ? std::nullopt : std::optional(claims.error());
}

std::optional<TokenFault> fault_of_text(std::string_view token) {
  const auto claims = read_token(token, trust(), now_s);
  return claims ? std::nullopt : std::optional(claims.error());
}

TEST(Base64Url, HasOneFormForEachText) {
  EXPECT_EQ(decode_base64url(""), "");
  EXPECT_EQ(decode_base64url("Zg"), "f");
  EXPECT_EQ(decode_base64url("Zm8"), "fo");
  EXPECT_EQ(decode_base64url("Zm9v"), "foo");
  EXPECT_EQ(decode_base64url("-_8"), "\xfb\xff");
  for (const char* text : {"Z", "Zg==", "Zh", "Zm9", "Zm 9v", "+/8", "Zm9vY"})
    EXPECT_EQ(decode_base64url(text), std::nullopt) << text;
}

TEST(Token, SaysWhoTheClientIs) {
  const auto claims = read_token(
      make_token(R"({"sub":"ann","exp":1700000100,"iat":1699999999.5,"jti":"t1","aud":["x"],)"
                 R"("info":{"name": "Ann"},"channels":["news","user:ann"],"caps":[)"
                 R"({"channels":["room:*"],"match":"wildcard","allow":["sub","hst","new"]},)"
                 R"({"channels":["log"],"allow":["pub","prs"]}]})"),
      trust(),
      now_s);

  ASSERT_TRUE(claims);
  const Identity& identity = claims->identity;
  EXPECT_TRUE(identity.has_token);
  EXPECT_EQ(identity.user, "ann");
  EXPECT_EQ(identity.token_id, "t1");
  EXPECT_EQ(identity.info, R"({"name": "Ann"})");
  EXPECT_EQ(identity.expires_s, 1'700'000'100);
  EXPECT_EQ(identity.issued_s, 1'699'999'999);
  EXPECT_EQ(identity.channels, (std::vector<std::string>{"news", "user:ann"}));
  ASSERT_EQ(identity.capabilities.size(), 2u);
  EXPECT_TRUE(identity.capabilities[0].matches("room:1"));
  EXPECT_TRUE(identity.capabilities[0].allows(Action::subscribe));
  EXPECT_TRUE(identity.capabilities[0].allows(Action::history));
  EXPECT_FALSE(identity.capabilities[0].allows(Action::publish));
  EXPECT_TRUE(identity.capabilities[1].matches("log"));
  EXPECT_TRUE(identity.capabilities[1].allows(Action::presence));
}

TEST(Token, IsOnlyAsGoodAsItsSignature) {
  const std::string good = make_token(R"({"sub":"ann"})");
  EXPECT_EQ(fault_of_text(good), std::nullopt);
  const std::size_t dot = good.rfind('.');
  const std::string unsigned_part = good.substr(0, dot + 1);

  EXPECT_EQ(fault_of_text(unsigned_part), TokenFault::signature);
  EXPECT_EQ(fault_of_text(unsigned_part + base64url("short")), TokenFault::signature);
  EXPECT_EQ(fault_of_text(good + "A"), TokenFault::signature);
  EXPECT_EQ(fault_of_text(good + ".x"), TokenFault::signature);
  const std::string other = make_token(R"({"sub":"bob"})");
  EXPECT_EQ(fault_of_text(unsigned_part + other.substr(other.rfind('.') + 1)),
            TokenFault::signature);
  const auto nobody = read_token(good, trust_in({}), now_s);
  EXPECT_EQ(nobody.error(), TokenFault::signature);
}

TEST(Token, NamesAnAlgorithmThatIsKnown) {
  for (const char* header : {R"({"alg":"none"})",
                             R"({"alg":"None"})",
                             R"({"alg":"NONE"})",
                             R"({"alg":""})",
                             R"({"alg":"hs256"})",
                             R"({"alg":"RS512"})",
                             R"({"alg":"PS256"})"})
    EXPECT_EQ(fault_of("{}", header), TokenFault::algorithm) << header;
  EXPECT_EQ(fault_of_text(base64url(R"({"alg":"none"})") + "." + base64url("{}") + "."),
            TokenFault::algorithm);
  // The signature is that of HS256.
  EXPECT_EQ(fault_of("{}", R"({"alg":"HS384"})"), TokenFault::signature);
  EXPECT_EQ(fault_of("{}", R"({"alg":"RS256"})"), TokenFault::signature);
}

TEST(Token, MalformedOnesAreRefused) {
  for (const char* token : {"",
                            ".",
                            "..",
                            "a.b.c",
                            "x",
                            "eyJhbGciOiJIUzI1NiJ9",
                            "e30.e30.e30",
                            "eyJhbGciOiJIUzI1NiJ9=.e30.AA",
                            "bnVsbA.e30.AA",
                            "W10.e30.AA"})
    EXPECT_EQ(fault_of_text(token), TokenFault::malformed) << token;
  EXPECT_EQ(fault_of_text(std::string(token_bytes_max + 1, 'a')), TokenFault::malformed);
  for (const char* header : {R"({"alg":1})",
                             R"({"alg":"HS256","kid":1})",
                             R"({"alg":"HS256","crit":["exp"]})",
                             R"({"typ":"JWT"})",
                             "{",
                             R"({"alg":"HS256"}x)"})
    EXPECT_EQ(fault_of("{}", header), TokenFault::malformed) << header;
}

TEST(Token, ClaimsHaveTheirTypes) {
  const std::string deep = R"({"x":)" + std::string(40, '[') + std::string(40, ']') + "}";
  const std::string many = R"({"channels":["c")" + [] {
    std::string rest;
    for (int i = 0; i < 200; ++i)
      rest += R"(,"c")";
    return rest;
  }() + "]}";
  for (const std::string& payload :
       {std::string("[]"),
        std::string("{"),
        std::string("\"\\ud800\""),
        deep,
        many,
        std::string(R"({"sub":1})"),
        std::string(R"({"sub":null})"),
        std::string(R"({"exp":"1800000000"})"),
        std::string(R"({"exp":-1})"),
        std::string(R"({"exp":1e300})"),
        std::string(R"({"iat":[]})"),
        std::string(R"({"channels":"a"})"),
        std::string(R"({"channels":[""]})"),
        std::string(R"({"channels":[1]})"),
        std::string(R"({"caps":{}})"),
        std::string(R"({"caps":[1]})"),
        std::string(R"({"caps":[{"channels":"a"}]})"),
        std::string(R"({"caps":[{"channels":["a"],"match":"regex","allow":["sub"]}]})"),
        std::string(R"({"sub":")") + std::string(256, 'u') + "\"}"})
    EXPECT_EQ(fault_of(payload), TokenFault::malformed) << payload;
}

TEST(Token, IsInTimeWithinALittleLeeway) {
  EXPECT_EQ(fault_of(R"({"exp":1699999996})"), std::nullopt);
  EXPECT_EQ(fault_of(R"({"exp":1699999995})"), TokenFault::expired);
  EXPECT_EQ(fault_of(R"({"exp":0})"), TokenFault::expired);
  EXPECT_EQ(fault_of(R"({"nbf":1700000005})"), std::nullopt);
  EXPECT_EQ(fault_of(R"({"nbf":1700000006})"), TokenFault::not_yet);
  EXPECT_EQ(fault_of(R"({"iat":1700000006})"), TokenFault::not_yet);
}

TEST(Token, IsForThisServerAndFromItsIssuer) {
  TokenTrust careful = trust();
  careful.audience = "duplex";
  careful.issuer = "me";
  const auto fault = [&](std::string_view payload) {
    const auto claims = read_token(make_token(payload), careful, now_s);
    return claims ? std::nullopt : std::optional(claims.error());
  };

  EXPECT_EQ(fault(R"({"aud":"duplex","iss":"me"})"), std::nullopt);
  EXPECT_EQ(fault(R"({"aud":["a","duplex"],"iss":"me"})"), std::nullopt);
  EXPECT_EQ(fault(R"({"iss":"me"})"), TokenFault::audience);
  EXPECT_EQ(fault(R"({"aud":["a"],"iss":"me"})"), TokenFault::audience);
  EXPECT_EQ(fault(R"({"aud":{"duplex":1},"iss":"me"})"), TokenFault::audience);
  EXPECT_EQ(fault(R"({"aud":"duplex"})"), TokenFault::issuer);
  EXPECT_EQ(fault(R"({"aud":"duplex","iss":"you"})"), TokenFault::issuer);
}

TEST(Token, ANameWithGlobCharactersDoesNotWidenAPattern) {
  for (const char* user : {"*", "?", "[a-z]", "a*", "\\", "^", "x\\*"}) {
    const std::string pattern = pattern_for("user:{sub}:x", user, false);
    EXPECT_TRUE(base::glob_match(pattern, "user:" + std::string(user) + ":x")) << pattern;
    EXPECT_FALSE(base::glob_match(pattern, "user:b:x")) << pattern;
  }
  EXPECT_EQ(pattern_for("a:{sub}:{sub}", "u*", true), "a:u*:u*");
  // Without a name `{sub}*` would be everything.
  EXPECT_EQ(pattern_for("{sub}*", "", false), "");
  EXPECT_EQ(pattern_for("a:*", "", false), "a:*");
}

// --- the examples of RFC 7515 (appendix A) and RFC 8037 ---

constexpr std::int64_t rfc_now_s = 1'300'819'000;
constexpr std::string_view rfc_payload =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
    "fQ";
constexpr std::string_view rfc_modulus =
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4"
    "d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexM"
    "dbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK"
    "-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";

// A JWK Set with the public keys of the examples and one that is passed over.
std::string rfc_jwks() {
  return R"({"keys":[{"kty":"RSA","kid":"r","use":"sig","n":")" + std::string(rfc_modulus) +
         R"(","e":"AQAB"},)"
         R"({"kty":"EC","crv":"P-256","kid":"e","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
         R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},)"
         R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},)"
         R"({"kty":"oct","alg":"HS256","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75)"
         R"(aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"},{"kty":"EC","crv":"P-521"},{"use":"enc"}]})";
}

TEST(Token, ExamplesOfTheStandardsAreGood) {
  const auto keys = parse_jwks(rfc_jwks());
  ASSERT_TRUE(keys) << keys.error();
  ASSERT_EQ(keys->size(), 4u);
  const TokenTrust trust = trust_in(*keys);
  const std::string hs256 = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + std::string(rfc_payload) +
                            ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  const std::string rs256 = "eyJhbGciOiJSUzI1NiJ9." + std::string(rfc_payload) +
                            ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__"
                            "dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5"
                            "jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_"
                            "nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1"
                            "L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-"
                            "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYE"
                            "UipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
  const std::string es256 =
      "eyJhbGciOiJFUzI1NiJ9." + std::string(rfc_payload) +
      ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

  for (const std::string& token : {hs256, rs256, es256}) {
    EXPECT_TRUE(read_token(token, trust, rfc_now_s)) << token;
    EXPECT_EQ(read_token(token, trust, now_s).error(), TokenFault::expired);
    std::string changed = token;
    changed[changed.size() - 4] = changed[changed.size() - 4] == 'A' ? 'B' : 'A';
    EXPECT_EQ(read_token(changed, trust, rfc_now_s).error(), TokenFault::signature);
  }
  // The Ed25519 example signs a text that is not JSON: the signature is good, the claims are not.
  EXPECT_EQ(read_token(
                "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPO"
                "t7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
                trust,
                now_s)
                .error(),
            TokenFault::malformed);
}

// The classic attack: a public key, which everybody knows, as the secret of an HMAC.
TEST(Token, APublicKeyIsNoSecret) {
  const TokenTrust trust = trust_in(*parse_jwks(R"({"keys":[{"kty":"RSA","n":")" +
                                                std::string(rfc_modulus) + R"(","e":"AQAB"}]})"));
  const std::string modulus = *decode_base64url(rfc_modulus);

  for (const std::string_view secret : {std::string_view(modulus), rfc_modulus})
    EXPECT_EQ(read_token(make_token("{}", R"({"alg":"HS256"})", secret), trust, now_s).error(),
              TokenFault::signature);
}

TEST(Token, KeysAreChosenByTheirId) {
  TokenKey first = *TokenKey::secret(test_secret);
  first.set_id("1");
  TokenKey second = *TokenKey::secret("another secret of more than 32 bytes");
  second.set_id("2");
  const TokenTrust trust = trust_in({first, second});
  const auto accepts = [&](std::string_view header) {
    return read_token(make_token("{}", header), trust, now_s).has_value();
  };

  EXPECT_TRUE(accepts(R"({"alg":"HS256"})"));
  EXPECT_TRUE(accepts(R"({"alg":"HS256","kid":"1"})"));
  EXPECT_FALSE(accepts(R"({"alg":"HS256","kid":"2"})"));
  EXPECT_FALSE(accepts(R"({"alg":"HS256","kid":"3"})"));
}

TEST(Jwks, SaysWhatIsWrong) {
  const auto error = [](std::string_view text) {
    const auto keys = parse_jwks(text);
    return keys ? "accepted" : keys.error();
  };
  const std::string off_the_curve(43, 'A');

  EXPECT_EQ(error("x"), "it is not a JSON object with a list 'keys'");
  EXPECT_EQ(error("{}"), "it is not a JSON object with a list 'keys'");
  EXPECT_EQ(error(R"({"keys":[]})"), "it has no key that can check a signature");
  EXPECT_EQ(error(R"({"keys":[1]})"), "key 1 is not an object");
  EXPECT_EQ(error(R"({"keys":[{"kty":"oct","k":"AAAA"}]})"),
            "key 1: a secret for tokens needs at least 32 bytes");
  EXPECT_EQ(error(R"({"keys":[{"kty":"oct"}]})"), "key 1: 'k' is missing or not base64url");
  EXPECT_EQ(error(R"({"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]})"),
            "key 1: an RSA key must have 2048 to 8192 bits");
  EXPECT_EQ(error(R"({"keys":[{"kty":"EC","crv":"P-256","x":")" + off_the_curve + R"(","y":")" +
                  off_the_curve + R"("}]})"),
            "key 1: the coordinates of a P-256 key are not on the curve");
  EXPECT_EQ(error(R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"AAAA"}]})"),
            "key 1: an Ed25519 key must have 32 bytes");
  EXPECT_EQ(error(R"({"keys":[{"kty":"oct","alg":"A128KW","k":"AAAA"}]})"),
            "it has no key that can check a signature");
}

}  // namespace
}  // namespace duplex::realtime
