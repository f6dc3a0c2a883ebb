#include "remora/net/written_url.hpp"

#include <gtest/gtest.h>

namespace remora::net {
namespace {

// What requests 2.34 (urllib3 2.8) makes of the same text, but for blanks at the end: those are
// dropped here, as those in front are there.
TEST(ParseWrittenUrl, EscapesAsPythonRequestsDoes) {
  struct Row {
    int line;
    const char* text;
    const char* target;
  };
  const Row rows[] = {
      {__LINE__, "http://h", "/"},
      {__LINE__, "http://h/a b", "/a%20b"},
      {__LINE__, "  http://h/a b\n", "/a%20b"},
      {__LINE__, "http://h?x=y z", "/?x=y%20z"},
      {__LINE__, "http://h/\xc3\xa4?q=\xc3\xb6 \xc3\xbc", "/%C3%A4?q=%C3%B6%20%C3%BC"},
      {__LINE__, "http://h/\xe6\x97\xa5\xe6\x9c\xac", "/%E6%97%A5%E6%9C%AC"},
      {__LINE__, "http://h/\xc3\xa9%41", "/%C3%A9A"},
      {__LINE__, "http://h/\xc2\xa0x", "/%C2%A0x"},
      {__LINE__, "http://h/%7Euser/%e4%20", "/~user/%E4%20"},
      {__LINE__, "http://h/%2d%2E%5f%7e?%2d%2E%5f%7e", "/-._~?-._~"},
      {__LINE__, "http://h/a%2Fb%2fc", "/a%2Fb%2Fc"},
      {__LINE__, "http://h/?q=a+b&c=d e", "/?q=a+b&c=d%20e"},
      {__LINE__, "http://h/?q=http://x/y?z", "/?q=http://x/y?z"},
      {__LINE__, "http://h/100%", "/100%25"},
      {__LINE__, "http://h/a%zz b", "/a%25zz%20b"},
      {__LINE__, "http://h/a%20b%", "/a%2520b%25"},
      {__LINE__, "http://h/a%20b?c%", "/a%20b?c%25"},
      {__LINE__, "http://h/?a=b%20c%&d=e", "/?a=b%2520c%25&d=e"},
      {__LINE__, "http://h/a%00b", "/a%00b"},
      {__LINE__, "http://h/a\tb\nc\x7f", "/a%09b%0Ac%7F"},
      {__LINE__, "http://h/a[b]{c}|d\\e^f`g\"h<i>", "/a%5Bb%5D%7Bc%7D%7Cd%5Ce%5Ef%60g%22h%3Ci%3E"},
      {__LINE__, "http://h/?a[b]={c}|'", "/?a%5Bb%5D=%7Bc%7D%7C'"},
      {__LINE__, "http://h/a;b=c,d!$&'()*+:@~", "/a;b=c,d!$&'()*+:@~"},
      {__LINE__, "http://h/x?a=1#frag ment", "/x?a=1"},
      {__LINE__, "http://h//a//b", "//a//b"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.line);
    const auto url = parse_written_url(row.text);
    ASSERT_TRUE(url) << url.error().message();
    EXPECT_EQ(url->target, row.target);
  }
  EXPECT_EQ(parse_written_url("http://u s:p\xc3\xb6@h/")->userinfo, "u s:p\xc3\xb6");
  EXPECT_NE(parse_written_url("http://b\xc3\xbc"
                              "cher.example/")
                .error()
                .message()
                .find("xn--"),
            std::string::npos);
  EXPECT_FALSE(parse_written_url("http://a b/"));
  EXPECT_FALSE(parse_written_url("h\xc3\xa4/x"));
  EXPECT_FALSE(parse_written_url("http://a/" + std::string(8192, 'a')));
}

}  // namespace
}  // namespace remora::net
