#include "base/sha256.h"

#include <openssl/evp.h>

#include <cstdlib>

namespace boxcar {

namespace {

// Fetched once: OpenSSL 3 looks an algorithm up by name at every use otherwise, which costs more than a small hash.
const EVP_MD* algorithm() {
  static const EVP_MD* const md = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return md;
}

std::string hex_of(const std::uint8_t* bytes, std::size_t size) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out(2 * size, '0');
  for (std::size_t i = 0; i < size; ++i) {
    out[2 * i] = digits[bytes[i] >> 4];
    out[2 * i + 1] = digits[bytes[i] & 15];
  }
  return out;
}

int nibble(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string Digest::hex() const {
  return hex_of(bytes.data(), bytes.size());
}

std::string Digest::short_hex() const {
  return hex_of(bytes.data(), 6);
}

std::optional<Digest> Digest::parse(std::string_view hex) {
  if (hex.size() != 64) return std::nullopt;
  Digest digest;
  for (std::size_t i = 0; i < digest.bytes.size(); ++i) {
    const int high = nibble(hex[2 * i]);
    const int low = nibble(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    digest.bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return digest;
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  auto* context = static_cast<EVP_MD_CTX*>(context_);
  if (context == nullptr || algorithm() == nullptr || EVP_DigestInit_ex2(context, algorithm(), nullptr) != 1) {
    std::abort();  // no SHA-256, no boxcar: out of memory, or an OpenSSL without its default provider
  }
}

Sha256::~Sha256() {
  EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context_));
}

void Sha256::update(std::string_view data) {
  EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context_), data.data(), data.size());
}

Digest Sha256::finish() {
  auto* context = static_cast<EVP_MD_CTX*>(context_);
  Digest digest;
  EVP_DigestFinal_ex(context, digest.bytes.data(), nullptr);
  EVP_DigestInit_ex2(context, nullptr, nullptr);
  return digest;
}

Digest sha256(std::string_view data) {
  thread_local Sha256 hasher;
  hasher.update(data);
  return hasher.finish();
}

}  // namespace boxcar
