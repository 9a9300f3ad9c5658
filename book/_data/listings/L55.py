# document 004, section C.1.3
# 评估模型
loss, accuracy = model.evaluate(X_test, y_test)
print(f"Test accuracy: {accuracy:.2f}")

# 调整学习率
from tensorflow.keras.callbacks import ReduceLROnPlateau

reduce_lr = ReduceLROnPlateau(monitor='val_loss', factor=0.2, patience=5, min_lr=0.001)

# 重新训练模型
model.fit(X_train, y_train, epochs=20, batch_size=64, validation_split=0.2, callbacks=[reduce_lr])
