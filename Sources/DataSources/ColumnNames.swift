// By which names do headers call columns?

extension ColumnRole {
  /// Names by which headers and JSON keys call the column, in lower case and without underscores; where a source has
  /// several of them, the first of this list is meant.
  var names: [String] {
    [Self.namesOfDataSets, Self.words, Self.lastNames].flatMap { $0[self, default: []] }
  }

  /// Names that known data sets and shops use.
  private static let namesOfDataSets: [ColumnRole: [String]] = [
    .user: [
      "userid", "user", "uid", "reviewerid", "customerid", "customer", "custid", "profileid",
      "visitorid", "authorid", "memberid", "personid", "accountid", "clientid", "buyerid",
      "playerid", "steamid", "usersha1", "usermd5", "householdkey", "customeremail", "useremail",
      "email", "username", "reviewprofilename", "userpseudoid",
    ],
    .item: [
      "itemid", "item", "iid", "movieid", "movie", "sid", "businessid", "business", "asin",
      "parentasin", "productid", "product", "sku", "skuid", "stockcode", "bookid", "book", "isbn",
      "artistid", "artist", "animeid", "songid", "trackid", "articleid", "gameid", "jokeid",
      "videoid", "newsid", "recipeid", "venueid", "placeid", "locationid", "poiid", "gmapid",
      "workid", "work", "pinid", "merchantid", "appid", "docid", "contentid", "bookmarkid",
      "beerid", "beerbeerid", "lineitemsku", "aid", "trackuri",
    ],
    .rating: [
      "rating", "stars", "starrating", "star", "score", "overall", "value", "weight", "bookrating",
      "userrating", "reviewoverall", "ratingvalue", "playcount", "plays", "watchratio",
    ],
    .time: [
      "timestamp", "unixtime", "unixreviewtime", "time", "ts", "timems", "utctimestamp",
      "eventtime", "datetime", "date", "createdat", "orderedat", "orderdate", "purchasedat",
      "purchasedate", "invoicedate", "transactiondate", "transactiondt", "tdat", "eventdate",
      "clicktimestamp", "eventtimestamp", "reviewdate", "ratedat", "ratingtime", "dateadded",
      "reviewtime",
    ],
  ]

  /// The same words in other languages.
  private static let words: [ColumnRole: [String]] = [
    .user: [
      "usuario", "idusuario", "cliente", "idcliente", "utente", "idutente", "utilisateur",
      "client", "kunde", "kundenid", "kundennr", "kundnr", "kundenummer", "kundennummer", "nutzer",
      "nutzerid", "benutzer",
      "benutzerid", "gebruiker", "klant", "usuário", "usuárioid", "idusuário", "idutilisateur",
      "acheteur", "comprador", "käufer", "koper", "användare", "användarid", "bruker", "brukerid",
      "bruger", "käyttäjä", "asiakas", "ostaja", "użytkownik", "użytkownikid", "klient",
      "klientid", "uživatel", "zákazník", "felhasználó", "vásárló", "utilizator", "kullanıcı",
      "müşteri", "kasutaja", "vartotojas", "lietotājs", "pengguna", "pelanggan", "ngườidùng",
      "kháchhàng", "χρήστης", "πελάτης", "пользователь", "пользовательid", "idпользователя",
      "клиент", "клиентid", "покупатель", "користувач", "потребител", "корисник", "المستخدم",
      "العميل", "کاربر", "משתמש", "לקוח", "उपयोगकर्ता", "ผู้ใช้", "ลูกค้า", "ユーザー", "ユーザ",
      "ユーザーid", "ユーザid", "顧客", "顧客id", "会員", "会員id", "用户", "用户id", "客户", "客户id",
      "顾客", "用戶", "會員", "사용자", "사용자id", "고객", "고객id", "회원",
    ],
    .item: [
      "articulo", "art\u{ED}culo", "producto", "articolo", "prodotto", "artikel", "artikelid",
      "artikelnr", "artnr", "varenr", "artikelnummer", "produkt", "article", "produit", "artigo",
      "produto",
      "película", "libro", "canción", "filme", "livro", "livre", "boek", "buch", "film", "låt",
      "bok", "bog", "vara", "vare", "tuote", "kirja", "elokuva", "towar", "książka", "zboží",
      "výrobek", "kniha", "termék", "könyv", "produs", "carte", "ürün", "kitap", "toode", "prekė",
      "prece", "barang", "sảnphẩm", "προϊόν", "βιβλίο", "ταινία", "товар", "товарid", "idтовара",
      "продукт", "фильм", "книга", "артикул", "المنتج", "محصول", "מוצר", "उत्पाद", "สินค้า", "商品",
      "商品id", "商品コード", "アイテム", "アイテムid", "製品", "映画", "書籍", "物品", "物品id", "产品", "产品id", "电影",
      "图书", "電影", "產品", "상품", "상품id", "제품", "영화", "아이템",
    ],
    .rating: [
      "bewertung", "nota", "puntuación", "valoración", "calificación", "avaliação",
      "classificação", "valutazione", "voto", "punteggio", "évaluation", "beoordeling", "betyg",
      "vurdering", "arvio", "arvosana", "ocena", "hodnocení", "értékelés", "evaluare", "puan",
      "hinnang", "įvertinimas", "vērtējums", "đánhgiá", "βαθμολογία", "оценка", "рейтинг", "балл",
      "оцінка", "التقييم", "امتیاز", "דירוג", "रेटिंग", "คะแนน", "評価", "評点", "评分", "评级", "評分",
      "평점", "점수", "별점",
    ],
    .time: [
      "fecha", "fechahora", "fechacompra", "dataora", "datahora", "datacompra", "zeit",
      "zeitstempel", "zeitpunkt", "datum", "kaufdatum", "bestelldatum", "horodatage", "dateachat",
      "tijdstip", "tidpunkt", "tidspunkt", "päivä", "päivämäärä", "aika", "czas", "datazakupu",
      "čas", "dátum", "időpont", "tarih", "zaman", "kuupäev", "waktu", "tanggal", "ngày",
      "thờigian", "ημερομηνία", "дата", "датавремя", "датапокупки", "время", "التاريخ", "الوقت",
      "تاریخ", "תאריך", "समय", "วันที่", "เวลา", "日時", "日付", "時刻", "購入日", "タイムスタンプ", "时间", "日期",
      "时间戳", "購買日期", "時間", "날짜", "시간", "일시", "구매일",
    ],
  ]

  /// Names that are meant where there is no other.
  private static let lastNames: [ColumnRole: [String]] = [
    .user: ["ユーザー名", "用户名", "u", "sessionid", "session"],
    .item: ["productname", "itemname", "artistname", "商品名", "상품명", "i"],
    .rating: ["r"],
  ]
}
